import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { EngineWaits } from "../../components/docker/waits.ts";
import { Refusal } from "../../components/workload/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a container is like from a second of the wait on. */
interface Moment {
  readonly from?: number;
  readonly restarts?: number;
  readonly state?: object;
  readonly health?: string;
  readonly memory?: number;
  /** When it was made. */
  readonly created?: string;
}

const LONG_AGO = "2020-01-01T00:00:00Z";

/** An engine with one container, `shop-api-0`, whose readiness check answers what `check` does. */
function anEngine(moments: readonly (Moment | undefined)[], check: () => Promise<{ exitCode: number; said: string }> = passes) {
  const begun = Date.now();
  const calls = { checks: 0, restarts: 0 };
  const engine = {
    inspect: async () => {
      const passed = (Date.now() - begun) / 1000;
      const now = moments.findLast((moment) => moment === undefined || (moment.from ?? 0) <= passed);
      if (now === undefined) return undefined;
      const State = { Running: true, Paused: false, Restarting: false, OOMKilled: false, ExitCode: 0, Error: "", StartedAt: LONG_AGO };
      return {
        Created: now.created ?? LONG_AGO,
        RestartCount: calls.restarts > 0 ? 0 : (now.restarts ?? 0),
        State: { ...State, Health: { Status: now.health ?? "starting", Log: [] }, ...(calls.restarts > 0 ? {} : now.state) },
        Config: { Healthcheck: { Test: ["CMD", "check"], Timeout: 3e9 } },
        HostConfig: { Memory: 64 * 1024 ** 2 },
      } as never;
    },
    run: async () => {
      calls.checks += 1;
      return check();
    },
    restart: async () => {
      calls.restarts += 1;
    },
    lastLines: async () => ["one", "two"],
  };
  return { calls, engine };
}
const passes = async () => ({ exitCode: 0, said: "" });
const refuses = async () => ({ exitCode: 7, said: "connection\nrefused\n" });

/** How the wait for the container ends, and after how many seconds. */
async function ending({ engine }: ReturnType<typeof anEngine>): Promise<{ said: string; after: number }> {
  const start = Date.now();
  let end: { said: string; after: number } | undefined;
  const note = (said: string) => (end = { said, after: (Date.now() - start) / 1000 });
  new EngineWaits(engine)
    .replica({ service: "api", name: "api-0", container: "shop-api-0", budget: "60s", memorySetting: "features.api.resources.memory" })
    .then(
      () => note("ready"),
      (error: Error) => {
        expect(error).toBeInstanceOf(Refusal);
        note(error.message);
      },
    );
  for (let tenth = 0; end === undefined && tenth < 3000; tenth++) await vi.advanceTimersByTimeAsync(100);
  return end ?? { said: "still waiting", after: Number.POSITIVE_INFINITY };
}

/** Ends with `code`, at those seconds of the wait, each time to be started again a second later. */
function endsAt(seconds: readonly number[], code: (at: number) => number, state = {}): Moment[] {
  return seconds.flatMap((from, index) => [
    { from, restarts: index + 1, state: { Restarting: true, ExitCode: code(from), ...state } },
    { from: from + 1, restarts: index + 1, state: { StartedAt: new Date(Date.now() + (from + 1) * 1000).toISOString() } },
  ]);
}
const LOG = "its last 2 log lines:\n    one\n    two\n";

test("a replica that the engine has found healthy is ready, and is not asked again", async () => {
  const given = anEngine([{ health: "healthy" }], refuses);
  expect(await ending(given)).toMatchObject({ said: "ready", after: 0 });
  expect(given.calls.checks).toBe(0);
});

test("a replica is ready with the first check of its own that passes, long before the engine makes one", async () => {
  let checks = 0;
  const third = async () => ({ exitCode: ++checks < 3 ? 1 : 0, said: "" });
  const { said, after } = await ending(anEngine([{}], third));
  expect(said).toBe("ready");
  expect(after).toBeLessThan(1);
});

test("a replica that does not become ready fails after its budget, with what the check answered", async () => {
  const { said, after } = await ending(anEngine([{}], refuses));
  expect(said).toBe(
    `service "api" is not ready: after 60s api-0 runs, but its readiness check fails: exit code 7, "connection refused"; ${LOG}  Fix the cause and deploy again.`,
  );
  expect(after).toBeGreaterThan(59);
});

test("a check that hangs is left to the engine", async () => {
  const hangs = async () => {
    throw Object.assign(new Error("aborted"), { name: "AbortError" });
  };
  const given = anEngine([{}, { from: 30, health: "healthy" }], hangs);
  expect(await ending(given)).toMatchObject({ said: "ready" });
  expect(given.calls.checks).toBe(1);
});

test("a container that ends again and again in the same way fails within seconds", async () => {
  const { said, after } = await ending(anEngine([{}, ...endsAt([1, 3, 5, 7], () => 3)], refuses));
  expect(said).toBe(
    `service "api" is not ready: api-0 ended with exit code 3, again and again (4 times); ${LOG}  Fix the cause and deploy again.`,
  );
  expect(after).toBeLessThan(8);
});

test("a container that needs more memory than it may have is said to, with the setting", async () => {
  const { said } = await ending(anEngine([{}, ...endsAt([1, 3, 5, 7], () => 137, { OOMKilled: true })], refuses));
  expect(said).toContain("api-0 was killed because it needs more memory than its limit of 64Mi (exit code 137), again and again (4 times)");
  expect(said).toContain("\n  Raise features.api.resources.memory and deploy again.");
});

test("a container that ends each time in another way may still come up, once it runs for long enough", async () => {
  const { said, after } = await ending(anEngine(endsAt([0, 2, 4, 6, 8], (at) => at + 1)));
  expect(said).toBe("ready");
  // Ten seconds after its last start.
  expect(after).toBeGreaterThanOrEqual(18.9);
});

test("a container that the engine holds back since it ended so often is started at once: its cause may be gone", async () => {
  const given = anEngine([{ restarts: 12, state: { Restarting: true, ExitCode: 1 } }]);
  expect(await ending(given)).toMatchObject({ said: "ready" });
  expect(given.calls.restarts).toBe(1);
});

describe("a container that becomes ready and ends, again and again,", () => {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  /** Five ends, one about every 30 s, the last of them five seconds ago. */
  const slow = () => ({ created: ago(155), restarts: 5, state: { StartedAt: ago(5) }, health: "healthy" });

  test("counts as up when it has run for twice its usual life, whatever its budget is", async () => {
    const { said, after } = await ending(anEngine([slow()]));
    expect(said).toBe("ready");
    expect(Math.round(after)).toBe(55);
    expect(await ending(anEngine([{ ...slow(), created: ago(305) }]))).toMatchObject({ said: "ready" });
  });

  test("fails with its next end", async () => {
    const given = anEngine([slow(), { from: 20, created: ago(155), restarts: 6, state: { Restarting: true, ExitCode: 3 } }]);
    const { said, after } = await ending(given);
    expect(said).toContain('service "api" is not ready: api-0 ended with exit code 3, again and again (6 times); its last 2 log lines:');
    expect(Math.round(after)).toBe(20);
  });

  test("fails with its next end too where it runs again already", async () => {
    const { said } = await ending(anEngine([slow(), { from: 20, created: ago(155), restarts: 6, state: { StartedAt: ago(-20) } }]));
    expect(said).toContain("api-0 ended, again and again (6 times)");
  });

  test("is waited for no longer where that is long ago, or seldom", async () => {
    expect(await ending(anEngine([{ ...slow(), state: { StartedAt: ago(60) } }]))).toEqual({ said: "ready", after: 0 });
    expect(await ending(anEngine([{ ...slow(), created: ago(9000), state: { StartedAt: ago(15) } }]))).toEqual({ said: "ready", after: 0 });
  });
});

test.each([
  ["gone", undefined, 'service "api": container "shop-api-0" was removed; deploy again'],
  ["paused", { state: { Paused: true } }, 'service "api": api-0 is paused; run `docker unpause shop-api-0`'],
  [
    "stopped",
    { state: { Running: false, ExitCode: 143 } },
    `service "api" is not ready: api-0 ended with exit code 143, and is not started again; ${LOG}  Fix the cause and deploy again.`,
  ],
  [
    "without a program",
    { state: { Running: false, ExitCode: 127, Error: "OCI runtime:\n no such file" } },
    `service "api" is not ready: api-0 cannot be started (OCI runtime: no such file), and is not started again; ${LOG}  Fix the cause and deploy again.`,
  ],
])("a container that is %s fails at once", async (_, moment, said) => {
  expect(await ending(anEngine([{ health: "healthy", ...moment }].slice(moment === undefined ? 1 : 0)))).toEqual({ said, after: 0 });
});
