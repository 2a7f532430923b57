import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";

import { CONTAINER } from "../support/docker.ts";
import { runningState } from "../support/engine-output.ts";
import { aState, FEATURES } from "../support/live.ts";
import { addressOf, close, listen } from "../support/loopback.ts";
import { COMPILED } from "../support/tools.ts";

const folder = mkdtempSync(join(tmpdir(), "mlstack-daily-"));
const MADE = "2026-01-01T00:00:00Z";
let server: Server;

/** A part of the dev stack with its containers, which run and are ready. */
const part = (noun: string, name: string, containers: readonly string[], restart = "unless-stopped"): [string, object][] =>
  containers.map((container) => [
    `${noun.startsWith("mlstack") ? noun : `${FEATURES} / mlstack:docker:${noun}=${name}`} / ${CONTAINER}=${container}`,
    { outputs: { id: `id-${container}`, name: `it-${container}`, labels: [], restart, exitCode: 0 } },
  ]);
const gateway = `${FEATURES} / mlstack:index:Gateway=gateway / mlstack:docker:Service=gateway`;
const ring = "mlstack:index:MlStack=ml / mlstack:index:Ring=ring / mlstack:docker:Gang=ring";
const state = aState(
  ["mlstack:docker:Platform=platform / pulumi:index:Stash=owner", { outputs: { output: "57a7e0000001" } }],
  ...part("Job", "build", ["build"], "no"),
  ...part("Service", "redis", ["redis-0"]),
  ...part("Service", "api", ["api-0", "api-1"]),
  [gateway, { outputs: { url: "http://127.0.0.1:8000" } }],
  ...part(gateway, "gateway", ["gateway-0"]),
  ...part(ring, "ring", ["ring-0"], "on-failure"),
  ["mlstack:index:MlStack=ml / mlstack:index:Experiments=experiments / mlstack:docker:Task=train"],
);

function container(name: string): object {
  const job = name === "build";
  const State = { ...runningState(MADE), ...(job ? { Status: "exited", Running: false } : {}), FinishedAt: MADE };
  return {
    Id: `id-${name}`,
    Name: `/it-${name}`,
    Created: MADE,
    RestartCount: 0,
    State,
    Config: { Image: "shop/image:1", Env: ["METRICS_PORT=0"] },
    HostConfig: { RestartPolicy: { Name: job ? "no" : name === "ring-0" ? "on-failure" : "unless-stopped", MaximumRetryCount: 0 } },
    NetworkSettings: { Networks: {} },
  };
}

/** Many lines, each in a frame of the engine. */
function lines(): Buffer {
  const line = Buffer.from(`${MADE} ${"x".repeat(200)}\n`);
  const header = Buffer.alloc(8);
  header.writeUInt8(1, 0);
  header.writeUInt32BE(line.length, 4);
  return Buffer.concat(Array.from({ length: 5000 }, () => [header, line]).flat());
}

beforeAll(async () => {
  const stacks = join(folder, "backend/.pulumi/stacks/mlstack");
  mkdirSync(stacks, { recursive: true });
  writeFileSync(join(stacks, "dev.json"), JSON.stringify({ checkpoint: { latest: { resources: state } } }));
  server = createServer(({ url = "" }, response) => {
    const name = /^\/containers\/(?:id|it)-([\w-]+)\/json/.exec(url)?.[1];
    if (url.includes("/logs")) response.end(lines());
    else if (url.startsWith("/events")) response.end("");
    else if (url.startsWith("/containers/json")) response.end("[]");
    else if (name === undefined) response.writeHead(404).end("{}");
    else response.end(JSON.stringify(container(name)));
  });
  await listen(server);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await close(server);
});

/** The tools as npm starts them, on the dev stack whose state is above. */
function started(...args: string[]) {
  const engine = `tcp://${addressOf(server)}`;
  const env = {
    ...COMPILED,
    MLSTACK_STATE: folder,
    MLSTACK_CACHE: folder,
    DOCKER_HOST: args.includes("--nowhere") ? "tcp://127.0.0.1:1" : engine,
    PATH: "/nowhere",
  };
  return spawn(process.execPath, ["tools/cli.ts", ...args.filter((word) => word !== "--nowhere")], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = started(...args);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, text: `${output}${errors}` };
}

test("status says of each part what it does, in the order of a stack file, and ends with 0 while every promise is kept", async () => {
  const { code, text: said } = await run("status");
  expect(said).toMatch(/✓ features\/build +done .*\n.*✓ features\/redis +1\/1 ready/);
  expect(said).toMatch(/✓ features\/gateway .* http:\/\/127\.0\.0\.1:8000\n +· experiments\/train +on demand\n +✓ ring +1\/1 train/);
  expect(code).toBe(0);
});

test.each([
  [["logs", "apii"], 'no part is called "apii"; did you mean "api"?'],
  [["logs", "trainer"], '"trainer" is switched off by mlstack:training.enabled in Pulumi.dev.yaml; set it to true, then npm start'],
  [["logs", "train"], '"train" is a task: the command that starts it shows what it prints; npm run task -- train'],
  [["shell", "build"], "build does not run: its work is done; npm run status"],
  [["restart", "api-0"], "a part is restarted as a whole, its replicas one after another: npm run restart -- api"],
  [
    ["restart", "ring"],
    "all 1 members of ring end and train again from the last checkpoint; what was done since is lost\nSay so: npm run restart -- ring --yes",
  ],
  [
    ["open", "redis"],
    "features/redis has no port on this machine: on Docker only what its settings publish has one; gateway answers for it: npm run open -- gateway; from inside: npm run shell -- redis",
  ],
  [["status", "--nowhere"], "Docker: no engine answers at tcp://127.0.0.1:1 (DOCKER_HOST)"],
])("%j is answered with a sentence and the next command", async (args, message) => {
  const { code, text: said } = await run(...args);
  expect(said).toContain(message);
  expect(said).not.toMatch(/ {4}at /);
  expect(code).toBe(1);
});

test("open prints where a part answers, and nothing else", async () => {
  expect(await run("open", "gateway")).toEqual({ code: 0, text: "http://127.0.0.1:8000\n" });
});

test("logs end well when the program behind the pipe reads no more", async () => {
  const child = started("logs", "api-0");
  child.stdout.once("data", () => child.stdout.destroy());
  const [errors, code] = await Promise.all([text(child.stderr), new Promise((resolve) => child.once("exit", resolve))]);
  expect([errors, code]).toEqual(["", 0]);
});
