import { execFileSync, spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";

import { goDuration, healthcheckOf } from "../../components/docker/probe.ts";
import { execProbe, httpProbe, probe, tcpProbe } from "../../components/workload/index.ts";

const of = (given: Parameters<typeof probe.parse>[0]) => healthcheckOf(probe.parse(given));

test("turns a cadence into the provider's form", () => {
  expect(of(execProbe(["redis-health"], { interval: "1s", timeout: "60s", failureThreshold: 4, startupGrace: "2m" }))).toEqual({
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

test("with a time for it, the check itself ends what fails it for so long", () => {
  const { tests } = healthcheckOf(probe.parse(execProbe(["redis-health", "$1"])), "1m");
  expect(tests).toEqual(["CMD", "sh", "-c", expect.stringContaining("kill -KILL -1"), "probe", "60", "redis-health", "$1"]);
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
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as AddressInfo;
    const [, ...words] = of(tcpProbe(port)).tests as string[];
    expect(spawnSync(words[0] ?? "", words.slice(1)).status).toBe(0);
    listening.close();
    expect(spawnSync(words[0] ?? "", [...words.slice(1, -1), "1"]).status).not.toBe(0);
  });
});
