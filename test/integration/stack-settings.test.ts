import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

import { ROOT } from "../../tools/lib/folders.ts";
import { mustRun, run } from "../../tools/lib/run.ts";
import { backendFolder, passphraseFile } from "../../tools/setup/backend.ts";
import { trackedSettings } from "../../tools/setup/layers.ts";
import { generateSecrets, settingsFile } from "../../tools/setup/secrets.ts";
import { ensureStack, machineFile } from "../../tools/setup/settings.ts";
import type { Stack } from "../../tools/setup/stack.ts";

const PASSWORD = "mlstack:tracking.admin.password";
const KEY = "mlstack:serving.api.edge.keys.demo";
const SETTINGS =
  "config:\n  # who may log in\n  mlstack:tracking: { admin: { username: kim } }\n  mlstack:serving: { api: { replicas: 1 } }\n";

const before = process.env["MLSTACK_STATE"];
let home: string;
let env: Record<string, string>;
let stack: Stack;
/** What the program would miss: whatever of the two the settings do not say. */
const missing = (of: Stack) => [PASSWORD, KEY].filter((path) => (path.split(/[:.]/)[1] ?? "") in trackedSettings(of));

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-stacks-"));
  process.env["MLSTACK_STATE"] = join(home, "state");
  mkdirSync(backendFolder(), { recursive: true });
  env = { PULUMI_BACKEND_URL: `file://${backendFolder()}`, PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile() };
  stack = { folder: join(home, "project"), project: "own", name: "docker" };
  mkdirSync(stack.folder);
  writeFileSync(join(stack.folder, "Pulumi.yaml"), "name: own\nruntime: { name: nodejs, options: { typescript: false } }\n");
  writeFileSync(join(stack.folder, "Pulumi.docker.yaml"), SETTINGS);
});
afterAll(() => {
  if (before === undefined) delete process.env["MLSTACK_STATE"];
  else process.env["MLSTACK_STATE"] = before;
  rmSync(home, { recursive: true, force: true });
});

/** The values that a program would get of this machine's settings file, by path. */
async function values(): Promise<Record<string, string>> {
  const file = await settingsFile(stack, env, async () => missing);
  const get = (path: string) => run("pulumi", ["config", "get", "--path", path, "--config-file", file, ...options()], { env });
  const found = await Promise.all([PASSWORD, KEY].map(async (path) => [path, await get(path)] as const));
  return Object.fromEntries(found.flatMap(([path, { code, output }]) => (code === 0 ? [[path, output.trim()] as const] : [])));
}

function options(): string[] {
  return ["--stack", stack.name, "--cwd", stack.folder, "--non-interactive"];
}

describe("a stack's secrets that are missing", () => {
  let first: Record<string, string>;

  test("are generated once, and the project's file stays as it is", async () => {
    await ensureStack(stack, env);
    expect(await generateSecrets(stack, env, missing)).toEqual([PASSWORD, KEY]);
    first = await values();
    expect(first[PASSWORD]).toMatch(/^[\w-]{43}$/);
    expect(first[KEY]).toMatch(/^[\w-]{43}$/);
    expect(first[PASSWORD]).not.toBe(first[KEY]);
    expect(await generateSecrets(stack, env, missing)).toEqual([]);
    expect(await values()).toEqual(first);
    expect(readFileSync(join(stack.folder, "Pulumi.docker.yaml"), "utf8")).toBe(SETTINGS);
  });

  test("are on the disk encrypted, for their user only", () => {
    for (const kind of ["secrets", "settings"] as const) {
      const text = readFileSync(machineFile(stack, kind), "utf8");
      expect(text).not.toContain(first[PASSWORD]);
      expect(text).toMatch(/secure: v1:/);
      expect(statSync(machineFile(stack, kind)).mode & 0o777).toBe(0o600);
    }
  });

  test("are not given to a part that was taken away", async () => {
    writeFileSync(join(stack.folder, "Pulumi.docker.yaml"), SETTINGS.replace(/^.*serving.*\n/m, ""));
    const { config } = parse(readFileSync(await settingsFile(stack, env, async () => missing), "utf8"));
    expect(Object.keys(config)).toEqual(["mlstack:tracking"]);
    writeFileSync(join(stack.folder, "Pulumi.docker.yaml"), SETTINGS);
    expect(await values()).toEqual(first);
  });

  test("stay the same when the project's file gets a secret, and with it a salt, of its own", async () => {
    await mustRun("test", "pulumi", ["config", "set", "--secret", "mlstack:redisPassword", ...options()], { env, input: "own" });
    expect(parse(readFileSync(join(stack.folder, "Pulumi.docker.yaml"), "utf8")).encryptionsalt).toMatch(/^v1:/);
    expect(await values()).toEqual(first);
    const file = await settingsFile(stack, env, async () => missing);
    const own = ["config", "get", "mlstack:redisPassword", "--config-file", file, ...options()];
    expect((await mustRun("test", "pulumi", own, { env })).trim()).toBe("own");
  });
});

describe("a stack that Pulumi has made itself", () => {
  /** `npm run pulumi` on an input that stays open and brings nothing, as in a pipeline. */
  async function pulumi(...args: string[]): Promise<{ code: unknown; text: string }> {
    const child = spawn(process.execPath, [join(ROOT, "tools/cli.ts"), "pulumi", ...args, "--cwd", stack.folder], { stdio: "pipe" });
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part.toString()));
    const [code] = await once(child, "close");
    return { code, text: parts.join("") };
  }

  test("is previewed, and its salt changed, without waiting for input", async () => {
    const created = await pulumi("stack", "init", "x");
    expect(created, created.text).toMatchObject({ code: 0 });
    const preview = await pulumi("preview", "--stack", "x");
    // The program does not exist; what counts is that it is asked for.
    expect(preview.text).toMatch(/Previewing update|could not be started|no @pulumi\/pulumi/);
    const rotated = await pulumi("stack", "change-secrets-provider", "passphrase", "--stack", "x");
    expect(rotated, rotated.text).toMatchObject({ code: 0 });
    const file = join(stack.folder, "Pulumi.x.yaml");
    const args = ["config", "set", "--secret", "a", "--stack", "x", "--cwd", stack.folder, "--non-interactive"];
    await mustRun("test", "pulumi", args, { env, input: "value" });
    expect(readFileSync(file, "utf8")).toContain("secure: v1:");
  });

  test("that the project has settings for gets a salt of this machine", async () => {
    const settings = "config:\n  mlstack:platform: { kind: docker }\n";
    writeFileSync(join(stack.folder, "Pulumi.y.yaml"), settings);
    const created = await pulumi("stack", "init", "y");
    expect(created, created.text).toMatchObject({ code: 0 });
    expect(readFileSync(join(stack.folder, "Pulumi.y.yaml"), "utf8")).toBe(settings);
    expect(readFileSync(machineFile({ ...stack, name: "y" }, "salt"), "utf8")).toMatch(/^v1:/);
  });
});

test("a file that is no YAML is refused with its lines, and the machine's settings stay as they are", async () => {
  const file = join(stack.folder, "Pulumi.docker.yaml");
  const before = await settingsFile(stack, env, async () => missing);
  const text = readFileSync(before, "utf8");
  writeFileSync(file, "config:\n\tmlstack:features: {}\n");
  await expect(settingsFile(stack, env, async () => missing)).rejects.toThrow(
    "Pulumi.docker.yaml:2:1: a tab cannot indent YAML; use spaces",
  );
  expect(readFileSync(before, "utf8")).toBe(text);
  writeFileSync(file, SETTINGS);
});
