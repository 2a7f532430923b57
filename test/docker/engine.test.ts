import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Engine } from "../../components/docker/engine.ts";
import { OWNER_LABEL } from "../../components/docker/labels.ts";
import { Ownership } from "../../components/docker/owner.ts";
import { EMPTY_RECORD } from "../../components/docker/record.ts";
import { aContainer } from "../support/docker.ts";
import { frame } from "../support/engine-output.ts";
import { addressOf, close, listen } from "../support/loopback.ts";

/** An engine with given answers by method and path, which records its calls. */
let server: Server;
let answers: Record<string, unknown>;
let asked: string[];
/** Calls that meet something which is being removed, and is gone after so many looks. */
let going: Record<string, number>;

beforeEach(async () => {
  answers = {};
  asked = [];
  going = {};
  server = createServer(({ method, url = "" }, response) => {
    const call = `${method} ${url.replace(/^\/v[\d.]+/, "")}`;
    asked.push(call);
    const left = going[call];
    if (left !== undefined) going[call] = left - 1;
    const answer = left === 0 ? undefined : answers[call];
    if (left !== undefined && left > 0 && method === "DELETE")
      return response.writeHead(409).end('{"message": "removal is already in progress"}');
    response.statusCode = answer === undefined ? 404 : answer === null ? 204 : 200;
    return response.end(
      answer === null ? undefined : Buffer.isBuffer(answer) ? answer : JSON.stringify(answer ?? { message: "no such object" }),
    );
  });
  await listen(server);
  vi.stubEnv("DOCKER_HOST", `tcp://${addressOf(server)}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close(server);
});

test("reads what exists, where the engine leaves out what is empty", async () => {
  answers["GET /containers/json?all=true"] = [
    {
      Id: "a1",
      Names: ["/web"],
      State: "running",
      Status: "Up 2 hours",
      Labels: null,
      Ports: [{ IP: "0.0.0.0", PublicPort: 80 }, {}],
      NetworkSettings: { Networks: { host: { NetworkID: "n1" } } },
      Mounts: [{ Name: "data", Destination: "/data" }, { Destination: "/src" }],
    },
    { Id: "c3", Names: ["/loop"], State: "restarting", Status: "Restarting (1) 4 seconds ago", Labels: null, Ports: null },
    { Id: "d4", Names: ["/sick"], State: "running", Status: "Up 2 hours (unhealthy)", Labels: null, Ports: null },
    { Id: "b2", Names: ["/load"], State: "exited", Status: "Exited (3) 1 minute ago", Labels: { a: "b" }, Ports: null },
  ];
  answers["GET /networks"] = [{ Id: "n1", Name: "host", IPAM: { Config: null }, Labels: null }];
  answers["GET /volumes"] = { Volumes: [{ Name: "data", Labels: null }] };
  answers["GET /info"] = { Runtimes: { runc: {}, nvidia: {} } };
  const unasked = { ours: false };
  const view = await new Engine().look();
  expect(view.containers.get("web")).toEqual({
    id: "a1",
    running: true,
    exitCode: undefined,
    labels: {},
    published: ["0.0.0.0:80"],
    networks: ["n1"],
    mounts: { data: "/data" },
    ...unasked,
  });
  expect(view.containers.get("load")).toEqual({
    id: "b2",
    running: false,
    exitCode: 3,
    labels: { a: "b" },
    published: [],
    networks: [],
    mounts: {},
    ...unasked,
  });
  expect(["web", "loop", "sick"].map((name) => view.containers.get(name)?.trouble)).toEqual([
    undefined,
    "ends again and again",
    "does not pass its readiness check",
  ]);
  expect(view.networks).toEqual([{ id: "n1", name: "host", subnets: [], labels: {}, ours: false }]);
  expect(view.volumes).toEqual([{ name: "data", labels: {}, ours: false }]);
  expect(view.runtimes).toEqual(["runc", "nvidia"]);
});

test("refuses Podman's engine, in words", async () => {
  Object.assign(answers, { "GET /containers/json?all=true": [], "GET /networks": [], "GET /volumes": { Volumes: null } });
  answers["GET /info"] = { BuildahVersion: "1.33.7" };
  await expect(new Engine().look()).rejects.toThrow("Docker: the engine that answers is Podman's");
});

test("takes the last lines of both outputs, without the engine's frames and without blank ones", async () => {
  answers["GET /containers/load/logs?stdout=true&stderr=true&tail=20"] = Buffer.concat([
    frame(1, "first\n\nsec"),
    frame(1, "ond\n"),
    frame(2, "ärger\n"),
  ]);
  expect(await new Engine().lastLines("load", 20)).toEqual(["first", "second", "ärger"]);
});

test("removes a leftover of the state, and leaves alone what belongs to another", async () => {
  answers["GET /containers/shop-a/json"] = { Id: "a1", Config: { Labels: { [OWNER_LABEL]: "me" } }, NetworkSettings: {} };
  answers["DELETE /containers/a1?force=true"] = null;
  const owner = (id: string) => new Ownership("shop/test", EMPTY_RECORD, id);
  expect(await new Engine().removeLeftover("shop-a", owner("another"))).toBe(false);
  expect(await new Engine().removeLeftover("shop-b", owner("me"))).toBe(false);
  expect(asked.filter((call) => call.startsWith("DELETE"))).toEqual([]);
  expect(await new Engine().removeLeftover("shop-a", owner("me"))).toBe(true);
  expect(asked.filter((call) => call.startsWith("DELETE"))).toEqual(["DELETE /containers/a1?force=true"]);
});

test("waits for a container that something else removes, which is no leftover", async () => {
  answers["GET /containers/shop-a/json"] = { Id: "a1", Config: { Labels: { [OWNER_LABEL]: "me" } }, NetworkSettings: {} };
  answers["GET /containers/a1/json"] = {};
  going = { "DELETE /containers/a1?force=true": 1, "GET /containers/a1/json": 2 };
  expect(await new Engine().removeLeftover("shop-a", new Ownership("shop/test", EMPTY_RECORD, "me"))).toBe(false);
  expect(asked.filter((call) => call === "GET /containers/a1/json")).toHaveLength(3);
});

test("looks at the containers that the state knows, as far as they exist", async () => {
  answers["GET /containers/a1/json"] = {
    Id: "a1",
    Name: "/shop-a",
    RestartCount: 2,
    State: { Status: "exited", ExitCode: 3, OOMKilled: false },
    HostConfig: { Memory: 1024, CpusetCpus: "0-1", PidsLimit: -1, RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } },
    NetworkSettings: { Networks: { net: { Aliases: ["a"] }, other: { Aliases: null } } },
  };
  expect(await new Engine().details(["a1", "gone"])).toEqual(
    new Map([
      [
        "a1",
        {
          name: "shop-a",
          status: "exited",
          exitCode: 3,
          isOutOfMemory: false,
          restarts: 2,
          memory: 1024,
          memoryReservation: 0,
          memorySwap: 0,
          cpuShares: 0,
          cpuQuota: 0,
          restart: { name: "on-failure", maximum: 2 },
          // The engine shows no limit of processes as nothing, 0 or -1.
          limits: { cpuPeriod: 0, cpus: "0-1", memoryNodes: "", processes: 0, diskWeight: 0, realTime: 0 },
          networks: { net: ["a"], other: [] },
        },
      ],
    ]),
  );
});

test("reads config files where a container mounts their volume, and knows nothing of others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  mkdirSync(join(folder, "conf"));
  writeFileSync(join(folder, "conf", "a.txt"), "one");
  answers["GET /containers/a1/archive?path=%2Fetc%2Fconf"] = execFileSync("tar", ["--format=ustar", "-C", folder, "-c", "conf"]);
  rmSync(folder, { recursive: true });
  const containers = new Map([["web", aContainer({ id: "a1", mounts: { conf: "/etc/conf", gone: "/gone" } })]]);
  expect(await new Engine().files(["conf", "gone", "other"], { containers })).toEqual(new Map([["conf", { "a.txt": "one" }]]));
});

test("says in three lines, with the next command, that no engine answers", async () => {
  vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
  await expect(new Engine().look()).rejects.toThrow(
    /^Docker: no engine answers at tcp:\/\/127\.0\.0\.1:1 \(.*\)\.\n {2}Start it .*\n {2}Nothing was changed\.$/,
  );
});
