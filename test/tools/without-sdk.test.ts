import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { COMPILED } from "../support/tools.ts";

const state = mkdtempSync(join(tmpdir(), "mlstack-without-sdk-"));
afterAll(() => rmSync(state, { recursive: true }));

/** Prints, behind a command's own output, every file of Pulumi's packages that it has loaded. */
const LOADED = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load(url, context, next) { if (/node_modules\\/@pulumi\\//.test(url)) loaded.push(url); return next(url, context); } });
process.on("exit", () => process.stdout.write("loaded: " + loaded.join(" ") + "\\n"));
`)}`;

function mlstack(...words: string[]): { code: number | null; text: string } {
  const env = { ...COMPILED, MLSTACK_STATE: state, MLSTACK_CACHE: state, DOCKER_HOST: "tcp://127.0.0.1:1", PATH: "/nowhere" };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", LOADED, "tools/cli.ts", ...words], { encoding: "utf8", env });
  return { code: status, text: `${stdout}${stderr}` };
}

test.each([
  [["check", "-s", "dev"], "it is right"],
  [["explain", "features.api.replicas"], "features.api.replicas = 2"],
  [["diff", "-s", "dev", "-s", "prod"], "settings of dev and prod differ"],
  [["stacks", "prod"], "no stack"],
  [["stop"], "Nothing to stop"],
  [["repair"], "nothing to repair"],
])("%j loads nothing of the SDK, which would be most of its time", (words, says) => {
  const { code, text } = mlstack(...words);
  expect(text).toContain(says);
  expect(text).toMatch(/^loaded: $/m);
  expect(code).toBe(0);
});

test("what a field comes from is found by running the program, with the SDK", () => {
  const { code, text } = mlstack("explain", "--of", "api-0", "restart");
  expect(text).toMatch(/^loaded: file:.*@pulumi/m);
  expect(text).toContain("Container api-0: restart = ");
  expect(code).toBe(0);
});
