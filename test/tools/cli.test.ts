import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { COMPILED } from "../support/tools.ts";

const state = mkdtempSync(join(tmpdir(), "mlstack-cli-"));
afterAll(() => rmSync(state, { recursive: true }));

/** The tools as npm starts them, with a state of their own and no programs that they could set anything up with. */
function mlstack(...args: string[]): { code: number | null; text: string } {
  const env = { ...COMPILED, MLSTACK_STATE: state, MLSTACK_CACHE: state, DOCKER_HOST: "tcp://127.0.0.1:1", PATH: "/nowhere" };
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
  [["lint", "types"], 'lint takes no further word, got "types"'],
  [["status", "model-servign"], 'no system is called "model-servign"; did you mean "model-serving"?'],
  [["status", "-s", "dve"], 'this project has no stack "dve"; did you mean "dev"?'],
  [["logs", "api", "--since", "tomorrow"], '--since must be a span or a time, for example 10m, 2h or 2026-01-31T08:00, got "tomorrow"'],
  [
    ["logs", "api", "--tail", "few", "--grep", "("],
    '--tail must be a number of lines, got "few"\n--grep must be a regular expression: Invalid',
  ],
  [["logs", "api", "-f", "--previous"], "--previous is of a run that has ended, and --follow of one that goes on; give one of them"],
  [["open", "mlflow", "--port", "http"], '--port must be a port of this machine, got "http"'],
  [["shell"], "missing required argument 'name'"],
  [["stop", "--stck", "dev"], "unknown option '--stck'"],
  [["strat"], "unknown command 'strat'"],
])("%j is refused before anything is set up", (args, message) => {
  const { code, text } = mlstack(...args);
  expect(text).toContain(message);
  expect(text).not.toMatch(/ {4}at /);
  expect(code).toBe(1);
  expect(readdirSync(state)).toEqual([]);
});

test.each([
  [["status"], "stack dev of mlstack (this project) is not deployed from this machine; npm start brings it up"],
  [
    ["logs", "api", "-e", "model-serving", "-s", "kubernetes"],
    "stack kubernetes of model-serving (examples/model-serving) is not deployed from this machine; npm start -- model-serving -s kubernetes brings it up",
  ],
  [
    ["shell", "api-0", "-s", "prod", "--", "ls"],
    "stack prod of mlstack (this project) is not deployed from this machine; npm start -- -s prod brings it up",
  ],
  [["restart", "api"], "is not deployed from this machine; npm start brings it up"],
  [["open", "mlflow"], "is not deployed from this machine; npm start brings it up"],
])("%j of what is not deployed says how to deploy it", (args, message) => {
  const { code, text } = mlstack(...args);
  expect(text).toContain(message);
  expect(code).toBe(1);
});

test("what is not up is not taken down, and needs no set-up", () => {
  const { code, text } = mlstack("stop", "model-serving");
  expect(text).toContain("Nothing to stop: stack docker of model-serving (examples/model-serving) is not up; npm start -- model-serving");
  expect(code).toBe(0);
});

describe("repair", () => {
  const locks = join(state, "backend/.pulumi/locks/organization/model-serving/docker");
  const lock = (pid: number) => {
    mkdirSync(locks, { recursive: true });
    writeFileSync(
      join(locks, "lock.json"),
      JSON.stringify({ pid, username: "kim", hostname: hostname(), timestamp: new Date().toISOString() }),
    );
  };

  test("says who holds the lock of a stack that is being deployed, and leaves it", () => {
    lock(process.pid);
    const { code, text } = mlstack("repair", "model-serving");
    expect(text).toContain(`stack docker of model-serving is being deployed (process ${process.pid} of kim on ${hostname()}`);
    expect(existsSync(join(locks, "lock.json"))).toBe(true);
    expect(code).toBe(1);
  });

  test("removes the lock of a deployment that was killed", () => {
    lock(2 ** 22 + 1);
    const { code, text } = mlstack("repair", "-C", "examples/model-serving");
    expect(text).toContain("removed the lock of a deployment that no longer runs");
    expect(readdirSync(locks)).toEqual([]);
    expect(code).toBe(0);
    expect(mlstack("repair", "model-serving").text).toBe("nothing to repair\n");
  });
});

test("check says of each secret that is missing who gives it", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-check-"));
  const store = `{ bucket: models, endpoint: "http://10.9.9.9:9000", accessKey: k, outside: { addresses: "10.9.9.9/32", port: 9000 } }`;
  writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nmain: index.ts\nruntime: nodejs\n");
  writeFileSync(
    join(folder, "Pulumi.acme.yaml"),
    `config:\n  mlstack:platform: { kind: docker }\n  mlstack:tracking: { admin: { username: kim }, publish: { port: 5000 }, artifacts: { s3: ${store} } }\n`,
  );
  const { code, text } = mlstack("check", "-C", folder);
  rmSync(folder, { recursive: true });
  expect(text).toMatch(/without mlstack:tracking\.admin\.password, which `npm start -- -C \S+ -s acme` generates; without /);
  expect(text).toMatch(
    /; without mlstack:tracking\.artifacts\.s3\.secretKey: npm run pulumi -- config set --secret --path '\S+' -s acme -C /,
  );
  expect(code).toBe(0);
});
