import { beforeAll, expect, test } from "vitest";

import type { DockerSettings } from "../../components/docker/settings.ts";
import type { Service, ServiceSpec } from "../../components/workload/index.ts";
import { aContainer, aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { endOf } from "../support/refusal.ts";
import { aServiceSpec } from "../support/specs.ts";

const CONTAINER = "docker:index/container:Container";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

function service(changes: Partial<ServiceSpec>, settings: DockerSettings = {}, view = {}): Promise<Service> {
  return engine.run(() => {
    const platform = aDockerPlatform(view, settings);
    return platform.service("api", aServiceSpec(changes), { parent: platform });
  });
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

test("nobody is let in unless asked for", async () => expect((await service({})).debugAddress).toBeUndefined());

test("several replicas cannot be debugged through one port, nor published, and both are said", async () => {
  const why = "not available on Docker with 2 replicas, since one port of the host leads to one container";
  await expect(service({ replicas: 2, debug: { port: 5678 }, publish: { port: 80 } })).rejects.toThrow(
    `service "api": 2 invalid arguments\n  publish: ${why}; put a gateway in front and publish that, or set replicas to 1\n  debug: ${why}; set replicas to 1 while you debug`,
  );
});

test("nobody debugs what is marked production", async () => {
  await expect(service({ debug: { port: 5678 } }, { production: true })).rejects.toThrow(
    'service "api": 1 invalid argument\n  debug: not available on a platform marked production (platform.production); remove it, or debug another stack',
  );
  await service({}, { production: true });
});

test("a port that somebody has is refused before anything changes", async () => {
  const view = { containers: new Map([["web", aContainer({ published: ["127.0.0.1:15678"] })]]) };
  expect(await endOf(() => service({ debug: { port: 15678 } }, {}, view))).toContain(
    'Docker: 1 obstacle; nothing was changed\n  service "api": debug.hostPort: 127.0.0.1:15678 is taken by container "web"',
  );
});

test("a port that the service itself publishes is refused", async () => {
  expect(await endOf(() => service({ publish: { port: 15678 }, debug: { port: 15678 } }))).toContain(
    'service "api": debug.hostPort: 127.0.0.1:15678 is asked for by service "api": publish already; choose another port',
  );
});
