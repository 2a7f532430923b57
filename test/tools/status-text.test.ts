import { expect, test } from "vitest";

import type { LiveWorkload } from "../../components/workload/operations.ts";
import { partOf, type StackStatus } from "../../tools/daily/status.ts";
import { statusText } from "../../tools/daily/status-text.ts";
import { selectStack } from "../../tools/setup/stack.ts";
import { aLive, aReplica } from "../support/live.ts";

const NOW = "2026-01-01T02:00:00.000Z";
const NOTHING = { models: [], epochs: new Map<string, number>(), waiting: new Set<string>(), checkpoint: undefined };

function text(
  workloads: readonly (readonly [LiveWorkload, Partial<Parameters<typeof partOf>[1]>?])[],
  changes: Partial<StackStatus> = {},
): string[] {
  const parts = workloads.map(([workload, measures = {}]) => partOf(workload, { ...NOTHING, ...measures }));
  const status: StackStatus = {
    stack: "dev",
    project: "shop",
    target: "docker",
    at: NOW,
    deploying: undefined,
    kept: true,
    parts,
    ...changes,
  };
  return statusText(selectStack({}), status).split("\n");
}

test("a part is a line, and columns that nobody needs are left out", () => {
  expect(text([[aLive("api", { url: "http://127.0.0.1:8000" })]])).toEqual([
    "stack dev of shop on Docker",
    "",
    "  PART            STATE      IMAGE             RESTARTS  AGE  ADDRESS",
    "  ✓ features/api  2/2 ready  api:0123456789ab  0         2 h  http://127.0.0.1:8000",
    "",
    "every part keeps its promise",
    "",
  ]);
});

test("the model that a part serves is shown with its alias", () => {
  const lines = text([[aLive("api"), { models: [{ name: "fraud", version: "3", alias: "production" }] }]]);
  expect(lines[3]).toContain("fraud 3 (production)");
});

test("a promise that is not kept has its cause, the next command, and the replicas, of which some differ", () => {
  const lastEnd = { at: "2026-01-01T01:59:30.000Z", exitCode: 137, outOfMemory: true };
  const replicas = [aReplica("api-0"), aReplica("api-1", { ready: false, why: "ended", restarts: 4, since: undefined, lastEnd })];
  const lines = text([[aLive("api", { replicas, why: "api-1 was killed because it needs more memory" })]]);
  expect(lines.slice(3, 8)).toEqual([
    "  ✗ features/api  1/2 ready  api:0123456789ab  4         out of memory, 30 s ago  2 h",
    "      api-0       ready                        0                                  2 h",
    "      api-1       not ready                    4         out of memory, 30 s ago",
    "      api-1 was killed because it needs more memory",
    "      look: npm run logs -- api --previous --tail 20",
  ]);
  expect(lines.at(-2)).toBe("1 of 1 parts does not keep what was promised; npm start puts right what it can");
});

test("what was changed by hand while the promise is kept is a remark", () => {
  const lines = text([[aLive("api", { remarks: ["api-0 has another memory limit than the stack gives it: it will be made again"] })]]);
  expect(lines[3]).toContain("! features/api");
  expect(lines[4]).toBe("      ! api-0 has another memory limit than the stack gives it: it will be made again");
  expect(lines.at(-2)).toBe("every part keeps its promise; npm start puts the changes by hand right");
});

test("members are shown with rank and epoch, and the gang with the age of its checkpoint", () => {
  const gang = aLive("trainer", { kind: "gang", within: ["mlstack:index:TrainingCluster"], under: ["trainer"] });
  const lines = text([[gang, { epochs: new Map([["1", 12]]), checkpoint: Date.parse("2026-01-01T01:59:00Z") }]]);
  expect(lines[3]).toContain("✓ training/trainer  2/2 train, checkpoint 60 s ago");
  expect(lines[4]).toMatch(/trainer-0 +trains, rank 0 +0 +2 h$/);
  expect(lines[5]).toMatch(/trainer-1 +trains, rank 1, epoch 12 /);
});

test("a member that waits for others does not train", () => {
  const gang = aLive("trainer", { kind: "gang", within: ["mlstack:index:TrainingCluster"], under: ["trainer"] });
  const lines = text([[gang, { epochs: new Map([["0", 12]]), waiting: new Set(["1"]) }]]);
  expect(lines[3]).toContain("✓ training/trainer  1/2 train");
  expect(lines[4]).toMatch(/trainer-0 +trains, rank 0, epoch 12 /);
  expect(lines[5]).toMatch(/trainer-1 +waits for others, rank 1 /);
});

test.each([
  [
    { kind: "job", doneAt: "2026-01-01T00:00:00.000Z", replicas: [aReplica("build", { since: undefined })] } as const,
    "✓ features/build  done 2 h ago",
  ],
  [{ kind: "job", replicas: [aReplica("build", { ready: false })] } as const, "✗ features/build  runs"],
  [{ kind: "job", replicas: [aReplica("build", { ready: false, since: undefined })] } as const, "✗ features/build  failed"],
  [{ kind: "task", replicas: [], kept: true } as const, "· features/build  on demand"],
])("work is done, runs, has failed or waits to be asked for", (changes, line) =>
  expect(text([[aLive("build", changes)]])[3]).toContain(line),
);

test("a deployment that is under way is said", () => {
  expect(text([], { deploying: { pid: 7, username: "kim" } })[0]).toBe(
    "stack dev of shop on Docker; it is being deployed now (process 7 of kim)",
  );
});
