import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";

/** A program that makes nothing on an engine; it shows how much of its password it has received. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
const { admin } = new pulumi.Config("mlstack").requireSecretObject("tracking");
export const urls = { mlflow: "http://127.0.0.1:5000" };
export const tryIt = ["open http://127.0.0.1:5000"];
export const received = pulumi.unsecret(admin.apply(({ password }) => password.length));
`;
const SETTINGS =
  "config:\n  mlstack:platform: { kind: docker }\n  mlstack:tracking: { admin: { username: admin }, publish: { port: 5000 }, size: 5Gi }\n";

let home: string;
let folder: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-start-"));
  folder = join(home, "own");
  mkdirSync(folder);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "Pulumi.yaml"), "name: own\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n");
  writeFileSync(join(folder, "Pulumi.docker.yaml"), SETTINGS);
  writeFileSync(join(folder, "index.ts"), PROGRAM);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** One of the commands, as npm starts it, with a state of its own. */
async function mlstack(...args: string[]): Promise<{ code: unknown; text: string }> {
  const env = { ...process.env, MLSTACK_STATE: join(home, "state") };
  const child = spawn(process.execPath, [join(ROOT, "tools/cli.ts"), ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part.toString()));
  const [code] = await once(child, "close");
  return { code, text: parts.join("") };
}

test("a system is brought up by its folder, with the secret that it needs, and says where it answers", async () => {
  const { code, text } = await mlstack("start", "--cwd", folder);
  expect(code, text).toBe(0);
  expect(text).toContain("generated mlstack:tracking.admin.password");
  expect((await mlstack("pulumi", "stack", "output", "received", "--stack", "docker", "-C", folder)).text).toMatch(/^43$/m);
  expect(text).toMatch(/\nown answers at\n {2}mlflow {2}http:\/\/127\.0\.0\.1:5000\nTry it: {3}open http:\/\/127\.0\.0\.1:5000\nSecrets: /);
  expect(text).toContain(`Stop it:  npm run stop -- -C `);
  expect(readFileSync(join(folder, "Pulumi.docker.yaml"), "utf8")).toBe(SETTINGS);
});

test("a second time nothing changes, and the secret is the same", async () => {
  const { code, text } = await mlstack("start", "--cwd", folder);
  expect(code, text).toBe(0);
  expect(text).toMatch(/1 unchanged/);
  expect(text).not.toContain("generated");
  const preview = await mlstack("pulumi", "preview", "--stack", "docker", "-C", folder, "--expect-no-changes");
  expect(preview.code, preview.text).toBe(0);
});

test("it is taken down after saying what it is, once", async () => {
  const first = await mlstack("stop", "--cwd", folder);
  expect(first.code, first.text).toBe(0);
  expect(first.text).toContain("Taking down stack docker of own (");
  const second = await mlstack("stop", "--cwd", folder);
  expect(second.code, second.text).toBe(0);
  expect(second.text).toContain("Nothing to stop: stack docker of own (");
});
