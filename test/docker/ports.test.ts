import { createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";

import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { isFreeHere, type PortCheck, PortLedger, portTaken } from "../../components/docker/ports.ts";
import { aContainer, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { close, listen, portOf } from "../support/loopback.ts";
import { aServiceSpec } from "../support/specs.ts";

const free = async () => true;

describe("a port", () => {
  const check = (port: number, address = "127.0.0.1", view = EMPTY_ENGINE, isFree: PortCheck = free) =>
    portTaken("publish", address, port, view, isFree);
  const published = (ours: boolean, at: string) => ({
    ...EMPTY_ENGINE,
    containers: new Map([["web", aContainer({ ours, published: [at] })]]),
  });

  test("that another process has is refused, and free again once it has gone", async () => {
    const server = createServer();
    await listen(server);
    const port = portOf(server);
    expect((await check(port, "127.0.0.1", EMPTY_ENGINE, isFreeHere))?.message).toContain(
      `127.0.0.1:${port} is taken by another process of this machine; stop it, or publish on another port`,
    );
    await close(server);
    expect(await check(port, "127.0.0.1", EMPTY_ENGINE, isFreeHere)).toBeUndefined();
  });

  test("that another stack's container has is refused by the container's name", async () => {
    expect((await check(18080, "127.0.0.1", published(false, "0.0.0.0:18080")))?.message).toContain('is taken by container "web"');
    expect((await check(18080, "0.0.0.0", published(false, "127.0.0.1:18080")))?.message).toContain('is taken by container "web"');
  });

  test("that this stack has already is its own", async () => {
    expect(await check(18080, "127.0.0.1", published(true, "127.0.0.1:18080"))).toBeUndefined();
  });

  test("of another address is free", async () => {
    expect(await check(18080, "127.0.0.1", published(false, "127.0.0.2:18080"))).toBeUndefined();
  });
});

describe("ports of one stack", () => {
  const existing = { ...EMPTY_ENGINE, containers: new Map([["shop-a-0", aContainer({ published: ["127.0.0.1:18081"] })]]) };

  test("are claimed once; a second claim names the first", async () => {
    const ledger = new PortLedger(existing, free);
    expect(await ledger.claim("a", "127.0.0.1", 18081)).toBeUndefined();
    expect(await ledger.claim("b", "127.0.0.1", 18081)).toEqual({
      path: "b",
      message: "127.0.0.1:18081 is used by a already; choose another port",
    });
    expect((await ledger.claim("c", "0.0.0.0", 18081))?.message).toContain("0.0.0.0:18081 is used by a already");
  });

  test("are one for every address", async () => {
    const ledger = new PortLedger(existing, free);
    expect(await ledger.claim("a", "127.0.0.1", 18081)).toBeUndefined();
    expect(await ledger.claim("b", "127.0.0.2", 18081)).toBeUndefined();
  });

  test("must be free besides", async () => {
    const taken = { ...EMPTY_ENGINE, containers: new Map([["web", aContainer({ ours: false, published: ["127.0.0.1:18081"] })]]) };
    expect((await new PortLedger(taken, free).claim("a", "127.0.0.1", 18081))?.message).toContain('is taken by container "web"');
  });
});

describe("a platform without a real host", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });

  test("publishes on a port that a process of this machine has: what runs here is no matter of a unit test", async () => {
    const server = createServer();
    await listen(server);
    const port = portOf(server);
    try {
      await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ publish: { port } }), opts));
      expect(engine.inputs(CONTAINER, "api-0")["ports"]).toEqual([{ internal: 8000, external: port, ip: "127.0.0.1" }]);
    } finally {
      await close(server);
    }
  });
});
