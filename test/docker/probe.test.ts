import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";

import { goDuration, healthcheckOf } from "../../components/docker/probe.ts";
import { execProbe, httpProbe, probe, tcpProbe } from "../../components/workload/index.ts";
import { listen, portOf } from "../support/loopback.ts";

const of = (given: Parameters<typeof probe.parse>[0]) => healthcheckOf(probe.parse(given));

test("turns a cadence into the provider's form", () => {
  expect(
    of(execProbe(["redis-health"], { interval: "1s", startInterval: "100ms", timeout: "60s", failureThreshold: 4, startupGrace: "2m" })),
  ).toEqual({
    tests: ["CMD", "redis-health"],
    interval: "1s",
    timeout: "1m0s",
    retries: 4,
    startPeriod: "2m0s",
  });
});

test.each([
  ["0s", "0s"],
  ["250ms", "250ms"],
  ["1500ms", "1.5s"],
  ["59s", "59s"],
  ["60s", "1m0s"],
  ["90s", "1m30s"],
  ["1h", "1h0m0s"],
  ["3725s", "1h2m5s"],
] as const)("writes %s as Go does: %s", (given, expected) => expect(goDuration(given)).toBe(expected));

describe("with a time for it, the check itself ends what is not alive for so long", () => {
  const restartAfter = "1m";
  const killing = (alive?: NonNullable<Parameters<typeof healthcheckOf>[1]>["alive"]) =>
    healthcheckOf(probe.parse(execProbe(["redis-health", "$1"])), { alive, restartAfter }).tests as string[];

  test("by the question of readiness", () => {
    expect(killing()).toEqual(["CMD", "sh", "-c", expect.stringContaining("kill -KILL -1"), "probe", "60", "60", "", "redis-health", "$1"]);
  });

  test("by a question of its own", () => {
    expect(killing({ kind: "exec", command: ["it's", "$1"] })[7]).toBe("'it'\\''s' '$1'");
  });

  /** Runs the check with a note of its own and a kill that only says so. */
  function run(note: string, alive: string, ready: string): { code: number | null; said: string; noted: string | undefined } {
    const [, shell = "", option = "", script = ""] = killing();
    const harmless = script.replace("/dev/shm/.not-alive", note).replace("kill -KILL -1", "echo KILLED; exit 9");
    const { status, stdout } = spawnSync(shell, [option, harmless, "probe", "60", "60", alive, ready], { encoding: "utf8" });
    return { code: status, said: stdout, noted: existsSync(note) ? readFileSync(note, "utf8") : undefined };
  }

  const seconds = () => Math.floor(Date.now() / 1000);
  const noted = (since: number, last: number) => {
    const note = join(mkdtempSync(join(tmpdir(), "note-")), "note");
    writeFileSync(note, `${seconds() - since} ${seconds() - last}\n`);
    return note;
  };

  test.each([
    ["it is not alive for so long", "false", "true", { code: 9, said: expect.stringContaining("KILLED") }],
    ["it is not ready for so long, and asked nothing else", "", "false", { code: 9, said: expect.stringContaining("KILLED") }],
  ])("kills where %s", (_, alive, ready, expected) => expect(run(noted(61, 5), alive, ready)).toMatchObject(expected));

  test.each([
    ["it is alive again", "true", "false", { code: 1, noted: undefined }],
    ["it is ready again", "", "true", { code: 0, noted: undefined }],
  ])("forgets where %s", (_, alive, ready, expected) => expect(run(noted(30, 5), alive, ready)).toMatchObject(expected));

  test("counts from the first failure, and from anew where no check was made for a while", () => {
    const first = Number(run(noted(30, 5), "false", "false").noted?.split(" ")[0]);
    expect(first).toBeLessThanOrEqual(seconds() - 30);
    const again = run(noted(3600, 3590), "false", "false");
    expect(again.said).toBe("");
    expect(Number(again.noted?.split(" ")[0])).toBeGreaterThan(seconds() - 30);
  });
});

describe("the HTTP check, run by a shell as Docker does", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** In a process of its own: a blocking check could not be answered by this one. */
  function check(status: number, path = "/ready"): number | null {
    const script = `require("http").createServer((q, a) => { a.statusCode = q.url === "/ready" ? ${status} : 404; a.end() }).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
    const command = `${JSON.stringify(process.execPath)} -e '${script}' > "$0" & server=$!; until [ -s "$0" ]; do :; done; port=$(cat "$0"); "$@"; code=$?; kill $server; exit $code`;
    const file = execFileSync("mktemp", { encoding: "utf8" }).trim();
    const [, ...words] = of(httpProbe(1, path)).tests as string[];
    const run = words.map((word) => (word === "1" ? "$port" : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
    return spawnSync("bash", ["-c", command.replace('"$@"', run), file]).status;
  }

  test.each([
    [200, 0],
    [204, 0],
    [302, 0],
    [404, 1],
    [503, 1],
  ])("an answer of %d ends with %d", (status, code) => expect(check(status)).toBe(code));

  test("a port without a listener ends with an error", () => {
    const [, ...words] = of(httpProbe(1, "/ready")).tests as string[];
    expect(spawnSync(words[0] ?? "", words.slice(1)).status).not.toBe(0);
  });

  test("an image without a client says what it lacks", () => {
    const [, , , script = ""] = of(httpProbe(1, "/ready")).tests as string[];
    const done = spawnSync("/bin/sh", ["-c", script, "probe", "1", "/"], { env: { PATH: "/nowhere" }, encoding: "utf8" });
    expect(done.status).toBe(1);
    expect(done.stdout).toContain("an http probe on Docker needs bash, curl or wget in the image; use an exec probe");
  });

  test("a TCP check connects", async () => {
    const listening = createServer();
    server = listening;
    await listen(listening);
    const port = portOf(listening);
    const [, ...words] = of(tcpProbe(port)).tests as string[];
    expect(spawnSync(words[0] ?? "", words.slice(1)).status).toBe(0);
    listening.close();
    expect(spawnSync(words[0] ?? "", [...words.slice(1, -1), "1"]).status).not.toBe(0);
  });
});
