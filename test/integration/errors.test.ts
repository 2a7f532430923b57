import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { cacheFolder, ROOT } from "../../tools/lib/folders.ts";

/** A Node.js with which an error with the SDK's stack trace takes minutes to be shown. */
const OLDER = "24.9.0";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-errors-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A user's own program, beside the library, run by one Node.js; returns everything a preview printed. */
async function preview(name: string, program: string, node = process.execPath): Promise<{ code: number; text: string }> {
  const folder = join(home, name);
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  for (const entry of readdirSync(join(ROOT, "node_modules")).filter((entry) => !entry.startsWith(".")))
    symlinkSync(join(ROOT, "node_modules", entry), join(modules, entry));
  symlinkSync(node, join(modules, ".bin", "node"));
  for (const part of ["components", "infra", "package.json"]) symlinkSync(join(ROOT, part), join(folder, part));
  writeFileSync(join(folder, "Pulumi.yaml"), `name: ${name}\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n`);
  writeFileSync(join(folder, "index.ts"), program);
  const state = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
  const run = (...args: string[]) =>
    new Promise<{ code: number; text: string }>((resolve) => {
      const env = { ...process.env, ...state, PATH: `${join(modules, ".bin")}:${process.env["PATH"]}` };
      execFile("pulumi", [...args, "--non-interactive", "--color", "never"], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}` }),
      );
    });
  const { code, text } = await run("stack", "init", "test");
  if (code !== 0) throw new Error(text);
  return run("preview", "--stack", "test");
}

test("a program of a stack without settings reads empty settings", async () => {
  const { code, text } = await preview(
    "settings",
    `console.log("config", process.env.PULUMI_CONFIG, "secrets", process.env.PULUMI_CONFIG_SECRET_KEYS);`,
  );
  expect(text).toContain("config {} secrets []");
  expect(code).toBe(0);
});

const THROWS = `import "./infra/program.ts";\nexport default async () => { throw new Error("a mistake of my own"); };\n`;
const MISTAKEN = `export { default } from "./infra/index.ts";\n`;

describe.each([
  ["this project's Node.js", () => process.execPath],
  [`Node.js ${OLDER}`, olderNode],
])("with %s", (_, find) => {
  test("an error of a user's program is shown with its place, and without the SDK's formatter of stack traces", async (context) => {
    const node = find();
    if (node === undefined) return context.skip(`npm cannot fetch node@${OLDER}`);
    const { code, text } = await preview(`throws-${node.length}`, THROWS, node);
    expect(text).toContain("Error: a mistake of my own");
    expect(text).toMatch(/index\.ts:2:\d+/);
    // With the formatter it is the SDK's TypeScript, which is not installed: `node_modules/@pulumi/cmd/run/run.ts`.
    expect(text).toContain("/cmd/run/run.js");
    expect(code).not.toBe(0);
  });

  test("a mistake in the settings is shown alone", async (context) => {
    const node = find();
    if (node === undefined) return context.skip(`npm cannot fetch node@${OLDER}`);
    const { code, text } = await preview(`mistaken-${node.length}`, MISTAKEN, node);
    expect(text).toContain("mlstack:platform");
    expect(text).not.toMatch(/ {4}at /);
    expect(code).not.toBe(0);
  });
});

/** The npm package `node` of that version, in the cache; undefined where it cannot be fetched. */
function olderNode(): string | undefined {
  const folder = join(cacheFolder(), `node-${OLDER}`);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const args = [
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--no-save",
      "--cache",
      join(cacheFolder(), "npm"),
      `node@${OLDER}`,
    ];
    spawnSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  }
  return existsSync(program) ? program : undefined;
}
