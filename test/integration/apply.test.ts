import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { writeSmallSystem } from "../support/small-system.ts";

/** A report, the world that moves, and what is deployed, on the real engine: one stack for all of it. */
const PREFIX = "it-apply";
const IMAGE = `${PREFIX}/base`;
const docker = new Docker();
let home: string;
let folder: string;
let report: string;
let ids: string[];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "mlstack-apply-"));
  folder = join(home, "small");
  writeSmallSystem(folder, { project: "small", prefix: PREFIX });
  await docker.getImage(base()).tag({ repo: IMAGE, tag: "1" });
  const { code, text } = await mlstack("start");
  if (code !== 0) throw new Error(text);
  edit("5Gi", "6Gi");
  report = await reported();
});
beforeEach(async () => {
  ids = await containers();
});
afterAll(async () => {
  await mlstack("stop");
  await docker.getImage(`${IMAGE}:1`).remove();
  rmSync(home, { recursive: true, force: true });
});

const base = () => process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";

/** One of the commands on the stack, as npm starts it. */
async function mlstack(command: string, ...args: string[]): Promise<{ code: unknown; text: string; output: string }> {
  const env = { ...process.env, MLSTACK_STATE: join(home, "state"), MLSTACK_TEST_IMAGE: `${IMAGE}:1` };
  const child = spawn(process.execPath, [join(ROOT, "tools/cli.ts"), command, "-C", folder, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  const [output, all]: [string[], string[]] = [[], []];
  child.stdout.on("data", (part: Buffer) => output.push(part.toString()));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => all.push(part.toString()));
  const [code] = await once(child, "close");
  return { code, text: all.join(""), output: output.join("") };
}

async function reported(): Promise<string> {
  const { code, text, output } = await mlstack("report", "--json");
  if (code !== 0) throw new Error(text);
  const path = join(home, "report.json");
  writeFileSync(path, output);
  return path;
}

function edit(from: string, to: string): void {
  const file = join(folder, "Pulumi.docker.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}

async function containers(): Promise<string[]> {
  const found = await docker.listContainers({ filters: { name: [PREFIX] } });
  return found.map(({ Id }) => Id).sort();
}

/** Approves the report, which is refused; nothing is touched. */
async function refused(): Promise<string> {
  const { code, text } = await mlstack("apply", "--approved", report);
  expect(code, text).toBe(3);
  expect(text).toMatch(/^Nothing was changed\.$/m);
  expect(text).toMatch(/A new report: npm run -s report -- -s docker -C \S+ --json > report\.json/);
  return text;
}

test("a setting, a secret and an image that moved are refused at once, before and after, and no secret is shown", async () => {
  const file = join(home, "state", "stacks", "small", "docker.secrets.yaml");
  const before = readFileSync(file, "utf8");
  const [one] = ids;
  edit("6Gi", "7Gi");
  const words = ["config", "set", "--secret", "mlstack:tracking.admin.password", "canary-of-a-secret", "--config-file", file];
  expect((await mlstack("pulumi", ...words, "--stack", "docker")).code).toBe(0);
  const { Id } = await docker.getContainer(one ?? "").commit({ repo: IMAGE, tag: "1" });
  const text = await refused();
  expect(text).toContain('setting tracking.size: "6Gi" → "7Gi"');
  expect(text).toContain("secret mlstack:tracking.admin.password: one value → another");
  expect(text).toMatch(new RegExp(`content of image ${IMAGE}:1: sha256:\\w+ → ${Id}`));
  expect(text).not.toContain("canary-of-a-secret");
  expect(await containers()).toEqual(ids);
  edit("7Gi", "6Gi");
  writeFileSync(file, before);
  await docker.getImage(base()).tag({ repo: IMAGE, tag: "1" });
  await docker.getImage(Id).remove();
});

test("a report that was edited is refused before anything is asked", async () => {
  const edited = join(home, "edited.json");
  writeFileSync(edited, readFileSync(report, "utf8").replace('"worst": null', '"worst": "downtime"'));
  const { code, text } = await mlstack("apply", "--approved", edited);
  expect([code, text]).toEqual([1, expect.stringContaining("stack docker: its report was changed after it was made")]);
});

test("what did not move is deployed as it was shown, and its report then holds no more", async () => {
  const { code, text } = await mlstack("apply", "--approved", report);
  expect(code, text).toBe(0);
  const { Config } = await docker.getContainer(`${PREFIX}-web-0`).inspect();
  expect(Config.Env).toContain("SIZE=6Gi");
  ids = await containers();
  expect(await refused()).toMatch(/state: of \S+ \(\w+\) → of \S+ \(\w+\)/);
  expect(await containers()).toEqual(ids);
});

test("a deployment that came between the comparison and this one ends it under the stack's lock", async () => {
  const file = join(home, "state", "backend", ".pulumi", "stacks", "small", "docker.json");
  vi.stubEnv("MLSTACK_APPROVED", JSON.stringify({ file, state: "another", settings: "", models: {} }));
  const { code, text } = await mlstack("start");
  vi.unstubAllEnvs();
  expect(code).not.toBe(0);
  expect(text).toMatch(/the stack was deployed by another command after the approved report was compared\.\s+Nothing was changed/);
  expect(await containers()).toEqual(ids);
});

test("a container that was removed by hand is refused", async () => {
  edit("6Gi", "7Gi");
  report = await reported();
  await docker.getContainer(`${PREFIX}-web-1`).remove({ force: true });
  expect(await refused()).toMatch(/step for Container web-1: replace → /);
});
