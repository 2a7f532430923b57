import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Ask } from "../contract/program.ts";
import { TestStack } from "../support/stack.ts";

/** What can stand in the way of a deployment: each is told in one message, and what runs stays as it is. */
let stack: TestStack;
let running: Record<string, string>;

const container = { command: ["bash", "-c", "touch /tmp/ready; exec sleep 600"], resources: { cpu: 0.2, memory: "160Mi" as const } };
const web = {
  container,
  port: 80,
  readiness: { kind: "exec" as const, command: ["test", "-f", "/tmp/ready"], interval: "500ms" as const },
};

function configure(ask: Partial<Ask>): void {
  stack.configure({ ask: { docker: { prefix: stack.prefix }, services: { web }, ...ask } });
}

beforeAll(async () => {
  stack = await TestStack.create("mlstack-ob", { main: "test/contract/program.ts" });
  configure({});
  const { code, text } = await stack.up();
  if (code !== 0) throw new Error(text);
  running = await stack.ids();
});
afterAll(() => stack.remove());

/** Deploys, and expects exactly this refusal and nothing changed. */
async function refused(...messages: string[]): Promise<void> {
  const { code, text } = await stack.up();
  expect(code).not.toBe(0);
  for (const message of messages) expect(text.replace(/\s+/g, " ")).toContain(message);
  expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(await stack.ids()).toEqual(running);
}

test("a port that another process has", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(stack.port, "127.0.0.1", resolve));
  configure({ services: { web, door: { ...web, publish: { port: stack.port } } } });
  await refused(
    "Docker: 1 obstacle; nothing was changed",
    `service "door": publish: 127.0.0.1:${stack.port} is taken by another process of this machine`,
  );
  await new Promise((resolve) => server.close(resolve));
});

test("a debug port that two services ask for, and a folder of the host that is not there, both at once", async () => {
  const mounts = [{ hostFolder: "/nowhere/models", path: "/models" }];
  const debug = { port: 5678, hostPort: stack.port };
  configure({ services: { web, one: { ...web, debug }, two: { ...web, debug, container: { ...container, mounts } } } });
  await refused(
    "Docker: 2 obstacles; nothing was changed",
    `service "two": debug.hostPort: 127.0.0.1:${stack.port} is used by service "one": debug.hostPort already; choose another port`,
    '"two": mounts[0].hostFolder: must be a folder of this machine, got "/nowhere/models", which does not exist; create it, or correct the path',
  );
});

test("a debug port on a platform marked production", async () => {
  configure({ docker: { prefix: stack.prefix, production: true }, services: { web: { ...web, debug: { port: 5678 } } } });
  await refused('service "web": 1 invalid argument', "debug: not available on a platform marked production (platform.production)");
});

test("an image that is nowhere", async () => {
  configure({ images: { ghost: { reference: "127.0.0.1:1/nobody/ghost:1" } } });
  await refused('image "ghost": "127.0.0.1:1/nobody/ghost:1" is not on this engine, and its registry does not offer it');
});

test("a subnet that overlaps another network, and the image, both at once", async () => {
  const [bridge] = (await stack.docker.listNetworks({ filters: { name: ["bridge"] } })).flatMap(({ IPAM }) => IPAM?.Config ?? []);
  configure({
    docker: { prefix: stack.prefix, network: { subnet: bridge?.Subnet ?? "" } },
    images: { ghost: { reference: "127.0.0.1:1/nobody/ghost:1" } },
  });
  await refused("Docker: 2 obstacles; nothing was changed", `${bridge?.Subnet} overlaps network "bridge"`, 'image "ghost"');
});

test("an accelerator that this engine cannot give", async () => {
  configure({ services: { web, gpu: { ...web, placement: { accelerator: { vendor: "nvidia", count: 1 } } } } });
  await refused(
    "gpu-0: accelerator: not available on this Docker engine, which has no NVIDIA runtime; install nvidia-container-toolkit, or leave the accelerator out",
  );
});

test("wrong arguments, all at once", async () => {
  configure({ services: { web: { ...web, replicas: 0, startBudget: "soon" as never } } });
  await refused(
    'service "web": 2 invalid arguments',
    "replicas: must be at least 1, got 0",
    "startBudget: must be a time with the unit ms, s, m or h",
  );
});

test("no engine", async () => {
  configure({});
  process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  try {
    const { code, text } = await stack.up();
    expect(code).not.toBe(0);
    expect(text).toContain("Docker: no engine answers at unix:///nowhere/docker.sock");
    expect(text).toContain(
      "Start it (`npm start` does so where it may, else `sudo systemctl start docker`), or set DOCKER_HOST to one that runs.",
    );
  } finally {
    delete process.env["DOCKER_HOST"];
  }
  expect(await stack.ids()).toEqual(running);
});
