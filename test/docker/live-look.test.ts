import type Docker from "dockerode";
import { describe, expect, test } from "vitest";

import { endsIn } from "../../components/docker/live-ends.ts";
import { liveWorkload } from "../../components/docker/live-look.ts";
import { healthcheckOf } from "../../components/docker/probe.ts";
import { httpProbe, probe, workloadsIn } from "../../components/workload/adapter/index.ts";
import type { LastEnd, LiveWorkload } from "../../components/workload/operations.ts";
import { CONTAINER } from "../support/docker.ts";
import { runningState } from "../support/engine-output.ts";
import { aState, FEATURES } from "../support/live.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const MADE = "2026-01-01T00:00:00Z";
const MEBIBYTE = 1024 ** 2;

interface Changes {
  readonly state?: object;
  readonly restarts?: number;
  readonly health?: object | undefined;
  readonly memory?: number;
  readonly test?: readonly string[];
  readonly env?: readonly string[];
  readonly restart?: object;
}

/** A container as the engine shows it: one that runs and is ready, but for the changes. */
function seen(
  id: string,
  name: string,
  { state, restarts = 0, health = { Status: "healthy", Log: [] }, memory = 64, test = [], env = [], restart }: Changes,
) {
  const State = { ...runningState(MADE), FinishedAt: "0001-01-01T00:00:00Z" };
  return {
    Id: id,
    Name: `/${name}`,
    Created: MADE,
    RestartCount: restarts,
    State: { ...State, ...(health === undefined ? {} : { Health: health }), ...state },
    Config: { Image: "mlstack/api:1", Healthcheck: { Test: test }, Env: env },
    HostConfig: { Memory: memory * MEBIBYTE, RestartPolicy: restart ?? { Name: "unless-stopped", MaximumRetryCount: 0 } },
    NetworkSettings: { Networks: {} },
  } as unknown as Docker.ContainerInspectInfo;
}

/** A workload whose containers the state has as they were made, and the engine with these changes; null: gone. */
function live(
  noun: "Service" | "Gang" | "Job",
  containers: readonly (Changes | null)[],
  ends: ReadonlyMap<string, LastEnd> = new Map(),
): LiveWorkload {
  const place = `${FEATURES} / mlstack:docker:${noun}=api`;
  const restart =
    noun === "Service"
      ? { restart: "unless-stopped" }
      : noun === "Gang"
        ? { restart: "on-failure", maxRetryCount: 3 }
        : { restart: "no", exitCode: 0 };
  const name = (index: number) => (noun === "Job" ? "api" : `api-${index}`);
  const state = aState(
    ...containers.map((_, index): [string, object] => [
      `${place} / ${CONTAINER}=${name(index)}`,
      { outputs: { id: `c${index}`, name: `shop-${name(index)}`, memory: 64, labels: [], ...restart } },
    ]),
  );
  const [workload] = workloadsIn(state);
  if (workload === undefined) throw new Error("no workload");
  const policy = {
    Service: { Name: "unless-stopped", MaximumRetryCount: 0 },
    Gang: { Name: "on-failure", MaximumRetryCount: 3 },
    Job: { Name: "no", MaximumRetryCount: 0 },
  }[noun];
  const found = containers.flatMap((one, index) =>
    one === null ? [] : [[`c${index}`, seen(`c${index}`, `shop-${name(index)}`, { restart: policy, ...one })] as const],
  );
  return liveWorkload(workload, { containers: new Map(found), answers: new Map(), ends, now: NOW });
}

const exited = (ExitCode: number, more = {}) => ({
  Status: "exited",
  Running: false,
  ExitCode,
  FinishedAt: "2026-01-01T00:59:00Z",
  ...more,
});

test("a service whose replicas are ready keeps its promise", () => {
  expect(live("Service", [{}, {}])).toMatchObject({ kind: "service", name: "api", kept: true, why: undefined, ready: 2, wanted: 2 });
});

test("a service to which an interrupted deployment has not come keeps no promise", () => {
  const [workload] = workloadsIn(aState([`${FEATURES} / mlstack:docker:Service=api`]));
  const now = workload && liveWorkload(workload, { containers: new Map(), answers: new Map(), ends: new Map(), now: NOW });
  expect(now).toMatchObject({ kept: false, wanted: 0, why: expect.stringContaining("it has no container yet") });
});

describe("a replica is not ready, in the words of a deployment, when it", () => {
  test.each<[string, Changes | null, string]>([
    ["is gone", null, "is gone: it will be made again"],
    ["was stopped by hand", { state: exited(0) }, "was stopped by hand: it will be started again"],
    ["is paused", { state: { Status: "paused", Paused: true } }, "is paused; run `docker unpause shop-api-0`"],
    [
      "ends again and again",
      { restarts: 4, state: { Status: "restarting", Restarting: true, ExitCode: 3 } },
      "ended with exit code 3, again and again (4 times)",
    ],
    [
      "is short of memory",
      { restarts: 1, state: { Status: "restarting", Restarting: true, ExitCode: 137, OOMKilled: true } },
      "was killed because it needs more memory than its limit of 64Mi (exit code 137)",
    ],
    [
      "fails its check",
      { health: { Status: "unhealthy", Log: [{ ExitCode: 7, Output: "connection\nrefused" }] } },
      'runs, but its readiness check fails: exit code 7, "connection refused"',
    ],
    [
      "has not been checked yet",
      { health: { Status: "starting", Log: [] } },
      "runs, but its readiness check fails: it has not answered yet",
    ],
  ])("%s", (_, container, why) => {
    const { kept, ready, replicas } = live("Service", [container, {}]);
    expect([kept, ready, replicas[0]?.why]).toEqual([false, 1, why]);
  });

  test("becomes ready and ends, again and again; ends that are far apart are no trouble", () => {
    expect(live("Service", [{ restarts: 4, state: { StartedAt: "2026-01-01T00:59:50Z" } }]).kept).toBe(true);
    const often = { restarts: 700, state: { StartedAt: "2026-01-01T00:59:58Z" } };
    expect(live("Service", [often]).why).toContain("api-0 has ended 700 times, each time after about 5 s: it counts as up when");
  });
});

test("what was changed by hand is a remark while the promise is kept", () => {
  expect(live("Service", [{ memory: 32 }])).toMatchObject({
    kept: true,
    remarks: ["api-0 has another memory limit than the stack gives it: it will be made again"],
  });
});

test("how a run ended is what the engine remembers once it runs again", () => {
  const end = { at: "2026-01-01T00:10:00.000Z", exitCode: 137, outOfMemory: true };
  const again = { restarts: 1, state: { FinishedAt: "2026-01-01T00:10:00Z", StartedAt: "2026-01-01T00:10:01Z" } };
  expect(live("Service", [again], new Map([["c0", end]])).replicas[0]?.lastEnd).toMatchObject({ exitCode: 137, outOfMemory: true });
  expect(live("Service", [again]).replicas[0]?.lastEnd).toEqual({ at: "2026-01-01T00:10:00Z", exitCode: undefined, outOfMemory: false });
  expect(live("Service", [{}]).replicas[0]?.lastEnd).toBeUndefined();
});

describe("a gang", () => {
  test("whose members train or have ended well keeps its promise", () => {
    expect(live("Gang", [{ health: undefined }, { health: undefined, state: exited(0) }])).toMatchObject({
      kept: true,
      ready: 2,
      doneAt: undefined,
    });
  });

  test("all of whose members have ended well has finished", () => {
    expect(live("Gang", [{ state: exited(0) }, { state: exited(0) }]).doneAt).toBe("2026-01-01T00:59:00Z");
  });

  test("of which a member has used all its restarts has failed", () => {
    expect(live("Gang", [{ restarts: 3, state: exited(5) }]).why).toBe(
      "api-0 ended with exit code 5 after 3 restarts, and is not started again",
    );
  });
});

describe("a job", () => {
  test.each<[string, Changes | null, boolean, string | undefined]>([
    ["that has succeeded is done", { state: exited(0) }, true, undefined],
    ["whose container was pruned is done", null, true, undefined],
    ["that runs is not", { health: undefined }, false, "api has not ended yet"],
    ["that failed is not", { state: exited(2) }, false, "api failed with exit code 2"],
  ])("%s", (_, container, kept, why) => expect(live("Job", [container])).toMatchObject({ kept, why }));
});

test("metrics are asked for where the readiness check asks by HTTP, of a member at METRICS_PORT", () => {
  const portOf = (noun: "Service" | "Gang", changes: Changes) => live(noun, [changes]).replicas[0]?.metricsPort;
  const http = probe.parse(httpProbe(8405, "/ready", { startupGrace: "1s" }));
  expect(portOf("Service", { test: healthcheckOf(http).tests as string[] })).toBe(8405);
  expect(portOf("Service", { test: healthcheckOf(http, { alive: undefined, restartAfter: "60s" }).tests as string[] })).toBe(8405);
  expect(portOf("Service", { test: ["CMD", "redis-cli", "ping"] })).toBeUndefined();
  expect(portOf("Gang", {})).toBe(9400);
  expect(portOf("Gang", { env: ["METRICS_PORT=9500"] })).toBe(9500);
  expect(portOf("Gang", { env: ["METRICS_PORT=0"] })).toBeUndefined();
});

test("the engine's events say how each container ended last, and whether memory was short", () => {
  const event = (Action: string, ID: string, seconds: number, exitCode?: number) =>
    JSON.stringify({
      Action,
      timeNano: (Date.parse(MADE) + seconds * 1000) * 1e6,
      Actor: { ID, Attributes: { name: "x", ...(exitCode === undefined ? {} : { exitCode: String(exitCode) }) } },
    });
  const events = [event("die", "a", 1, 1), event("oom", "a", 2), event("die", "a", 3, 137), event("die", "b", 4, 0), ""].join("\n");
  expect(endsIn(events)).toEqual(
    new Map([
      ["a", { at: "2026-01-01T00:00:03.000Z", exitCode: 137, outOfMemory: true }],
      ["b", { at: "2026-01-01T00:00:04.000Z", exitCode: 0, outOfMemory: false }],
    ]),
  );
});
