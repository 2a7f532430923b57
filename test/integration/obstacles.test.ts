import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { engineHost, engineVariables } from "../../components/docker/engine-host.ts";
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

test("a port that another process has, and an address that this machine does not have", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(stack.port, "127.0.0.1", resolve));
  configure({
    services: { web, door: { ...web, publish: { port: stack.port } }, far: { ...web, publish: { port: 80, address: "10.255.255.254" } } },
  });
  await refused(
    "Docker: 2 obstacles; nothing was changed",
    'service "far": publish.address: must be an address of this machine (127.0.0.1',
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
      "Start it (`npm start` does so where it may, else `sudo systemctl start docker`), or name one that runs (DOCKER_HOST, DOCKER_CONTEXT or `docker context use`).",
    );
  } finally {
    delete process.env["DOCKER_HOST"];
  }
  expect(await stack.ids()).toEqual(running);
});

test("a context in use is the engine that is meant, by the provider too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-context-"));
  const far = `unix://${join(folder, "far.sock")}`;
  const meta = join(folder, "contexts", "meta", createHash("sha256").update("far").digest("hex"));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: "far", Endpoints: { docker: { Host: far } } }));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ currentContext: "far" }));
  // The engine of this machine once more, through a door that shows who comes in.
  let made = 0;
  const door = createServer((caller) => {
    const engine = connect("/var/run/docker.sock");
    caller.on("data", (text) => (made += Number(String(text).includes(`/containers/create?name=${stack.prefix}-more-0`))));
    caller.pipe(engine).pipe(caller);
    for (const socket of [caller, engine]) socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => door.listen(join(folder, "far.sock"), resolve));
  try {
    stack.variables["DOCKER_CONFIG"] = folder;
    configure({});
    await refused(
      `Docker: the engine at ${far} is meant (docker context use far), but Pulumi's provider reads the environment in another way`,
      `run \`export DOCKER_HOST=${far}; unset DOCKER_CONTEXT\` first`,
    );
    Object.assign(stack.variables, engineVariables(engineHost({ DOCKER_CONFIG: folder })));
    configure({ services: { web, more: web } });
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(text).toContain(`Docker engine: ${far}`);
    expect(made).toBe(1);
    expect(await stack.ids()).toMatchObject(running);
  } finally {
    for (const name of ["DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CONTEXT"]) delete stack.variables[name];
    door.close();
    rmSync(folder, { recursive: true });
  }
});
