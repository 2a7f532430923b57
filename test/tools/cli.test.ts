import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const state = mkdtempSync(join(tmpdir(), "mlstack-cli-"));
afterAll(() => rmSync(state, { recursive: true }));

/** The tools as npm starts them, with a state of their own and no programs that they could set anything up with. */
function mlstack(...args: string[]): { code: number | null; text: string } {
  const env = { MLSTACK_STATE: state, MLSTACK_CACHE: state, DOCKER_HOST: "tcp://127.0.0.1:1", PATH: "/nowhere" };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["tools/cli.ts", ...args], { encoding: "utf8", env });
  return { code: status, text: `${stdout}${stderr}` };
}

test.each([
  [["stop", "nosuch"], 'no system is called "nosuch"'],
  [["start", "model-servign"], 'no system is called "model-servign"; did you mean "model-serving"?'],
  [["start", "model-serving", "now"], 'start takes no further word, got "now"'],
  [["repair", "-s", "dve"], 'this project has no stack "dve"; did you mean "dev"?'],
  [["env", "bash"], 'no system is called "bash"'],
  [["bench", "dokcer"], 'nothing called "dokcer" is measured; did you mean "docker"?'],
  [["test", "architectrue"], 'no tests are called "architectrue"; did you mean "architecture"?'],
  [["check", "types"], 'check takes no further word, got "types"'],
  [["stop", "--stck", "dev"], "unknown option '--stck'"],
  [["strat"], "unknown command 'strat'"],
])("%j is refused before anything is set up", (args, message) => {
  const { code, text } = mlstack(...args);
  expect(text).toContain(message);
  expect(text).not.toMatch(/ {4}at /);
  expect(code).toBe(1);
  expect(readdirSync(state).filter((name) => name !== "compile-cache")).toEqual([]);
});

test("what is not up is not taken down, and needs no set-up", () => {
  const { code, text } = mlstack("stop", "model-serving");
  expect(text).toContain("Nothing to stop: stack docker of model-serving (examples/model-serving) is not up; npm start -- model-serving");
  expect(code).toBe(0);
});
