import { beforeAll, expect, test } from "vitest";

import type { DockerSettings } from "../../components/docker/settings.ts";
import type { Service, ServiceSpec } from "../../components/workload/index.ts";
import { aContainer, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

function service(changes: Partial<ServiceSpec>, settings: DockerSettings = {}, view = {}): Promise<Service> {
  return onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec(changes), opts), view, settings);
}
const ports = () => engine.inputs(CONTAINER, "api-0")["ports"];

test("a debugger gets in on this machine only, beside what is published", async () => {
  const { debugAddress } = await service({ publish: { port: 18999, address: "0.0.0.0" }, debug: { port: 15678 } });
  expect(ports()).toEqual([
    { internal: 8000, external: 18999, ip: "0.0.0.0" },
    { internal: 15678, external: 15678, ip: "127.0.0.1" },
  ]);
  expect(debugAddress).toBe("127.0.0.1:15678");
});

test("the host's port may be another", async () => {
  const { debugAddress } = await service({ debug: { port: 5678, hostPort: 15679 } });
  expect(ports()).toEqual([{ internal: 5678, external: 15679, ip: "127.0.0.1" }]);
  expect(debugAddress).toBe("127.0.0.1:15679");
});

test("no debugger connects unless asked for", async () => expect((await service({})).debugAddress).toBeUndefined());

test("several replicas cannot be debugged through one port, nor published, and both are said", async () => {
  const why = "not available on Docker with 2 replicas, since one port of the host leads to one container";
  await expect(service({ replicas: 2, debug: { port: 5678 }, publish: { port: 80 } })).rejects.toThrow(
    `service "api": 2 invalid arguments\n  publish: ${why}; put a gateway in front and publish that, or set replicas to 1\n  debug: ${why}; set replicas to 1 while you debug`,
  );
});

test("a platform marked production has no debug port", async () => {
  await expect(service({ debug: { port: 5678 } }, { production: true })).rejects.toThrow(
    'service "api": 1 invalid argument\n  debug: not available on a platform marked production (platform.production); remove it, or debug another stack',
  );
  await service({}, { production: true });
});

test("a port that another container has is refused before anything changes", async () => {
  const view = { containers: new Map([["web", aContainer({ ours: false, published: ["127.0.0.1:15678"] })]]) };
  await expect(service({ debug: { port: 15678 } }, {}, view)).rejects.toThrow(
    'Docker: 1 obstacle; nothing was changed\n  service "api": debug.hostPort: 127.0.0.1:15678 is taken by container "web"',
  );
});

test("a port that the service itself publishes is refused", async () => {
  await expect(service({ publish: { port: 15678 }, debug: { port: 15678 } })).rejects.toThrow(
    'service "api": debug.hostPort: 127.0.0.1:15678 is used by service "api": publish already; choose another port',
  );
});
