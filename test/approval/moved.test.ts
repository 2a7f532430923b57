import { expect, test } from "vitest";

import { movedBetween, movedText } from "../../tools/approval/moved.ts";
import type { Report } from "../../tools/report/schema.ts";
import { CONTAINER, later, SHOWN } from "./worlds.ts";

const steps = SHOWN.approval?.steps ?? {};
const [first = "", second = ""] = Object.keys(steps);

/** Ways in which the world moves between a report and a deployment, and what is said of each. */
const WAYS: readonly { readonly way: string; readonly now: Report; readonly said: string }[] = [
  { way: "another commit", now: later({ commit: "9f9f9f" }), said: "commit: 1a2b3c → 9f9f9f" },
  {
    way: "a file that is changed and not committed",
    now: later({ dirty: true }, { tree: "other" }),
    said: "working tree, beyond its commit: one change or none → another",
  },
  {
    way: "another change that is not committed, where there was one",
    now: later({}, { tree: "other" }),
    said: "working tree, beyond its commit: one change or none → another",
  },
  {
    way: "a setting",
    now: later({ settings: "1" }, { values: { "features.api.replicas": "3", "platform.kind": '"docker"' } }),
    said: "setting features.api.replicas: 2 → 3",
  },
  {
    way: "a setting that is new",
    now: later({}, { values: { ...SHOWN.approval?.values, "features.redis.resources.memory": '"1Gi"' } }),
    said: 'setting features.redis.resources.memory: none → "1Gi"',
  },
  {
    way: "a setting that is gone",
    now: later({}, { values: { "platform.kind": '"docker"' } }),
    said: "setting features.api.replicas: 2 → none",
  },
  {
    way: "another value of a secret",
    now: later({}, { secrets: { "mlstack:tracking.admin.password": "b".repeat(64) } }),
    said: "secret mlstack:tracking.admin.password: one value → another",
  },
  { way: "a secret that is gone", now: later({}, { secrets: {} }), said: "secret mlstack:tracking.admin.password: one value → none" },
  {
    way: "a deployment between",
    now: later({ state: "6".repeat(64) }, { deployed: "2026-11-26T08:30:00.000Z" }),
    said: "state: of 2026-11-25T17:00:00.000Z (555555555555) → of 2026-11-26T08:30:00.000Z (666666666666)",
  },
  {
    way: "a state that is gone",
    now: later({ state: null }, { deployed: null }),
    said: "state: of 2026-11-25T17:00:00.000Z (555555555555) → never deployed",
  },
  { way: "another engine", now: later({}, { target: "Docker engine 2f00" }), said: "target: Docker engine 1f00 → Docker engine 2f00" },
  {
    way: "another version of Pulumi",
    now: later({}, { programs: { pulumi: "3.280.0", "@pulumi/docker": "5.2.0" } }),
    said: "program pulumi: 3.274.1 → 3.280.0",
  },
  {
    way: "another version of a provider",
    now: later({}, { programs: { pulumi: "3.274.1", "@pulumi/docker": "5.3.0" } }),
    said: "program @pulumi/docker: 5.2.0 → 5.3.0",
  },
  { way: "another version of a model", now: later({ models: { api: "fraud/5" } }), said: "model of api: fraud/4 → fraud/5" },
  {
    way: "another tag of an image",
    now: later({ images: { "serving/api": "mlstack/serve:9c9c" } }),
    said: "image of serving/api: mlstack/serve:6f1a → mlstack/serve:9c9c",
  },
  {
    way: "another image under the same tag",
    now: later({}, { contents: { "mlstack/serve:6f1a": "sha256:88" } }),
    said: "content of image mlstack/serve:6f1a: sha256:77 → sha256:88",
  },
  {
    way: "a container that was removed by hand",
    now: later({}, { steps: { ...steps, [`${CONTAINER}::redis-0`]: "create 4455" } }),
    said: "step for Container redis-0: nothing → create",
  },
  {
    way: "a container that was changed by hand",
    now: later({}, { steps: { ...steps, [first]: "replace 6677" } }),
    said: "step for Container api-0: update → replace",
  },
  {
    way: "a step with other values",
    now: later({}, { steps: { ...steps, [second]: "create 8899" } }),
    said: "step for Container api-1: create → create with other values",
  },
  {
    way: "a step that is done already",
    now: later({}, { steps: { [first]: "update 0011" } }),
    said: "step for Container api-1: create → nothing",
  },
  { way: "another stack's report", now: later({}, {}, { stack: "dev" }), said: "stack: prod → dev" },
];

test.each(WAYS)("$way is refused, and said", ({ now, said }) => {
  expect(movedBetween(SHOWN, now).map(movedText)).toEqual([said]);
});

test("all that moved is said at once, what decides first", () => {
  const now = later(
    { commit: "9f9f9f", models: { api: "fraud/5" } },
    { values: { "features.api.replicas": "3", "platform.kind": '"docker"' }, steps: {} },
  );
  expect(movedBetween(SHOWN, now).map(({ what }) => what)).toEqual([
    "commit",
    "setting features.api.replicas",
    "model of api",
    "step for Container api-0",
    "step for Container api-1",
  ]);
});

test("what did not move is not refused, also where a secret was encrypted again", () => {
  expect(movedBetween(SHOWN, later({}))).toEqual([]);
  expect(movedBetween(SHOWN, later({ settings: "f".repeat(64) }, { made: "2026-11-26T09:00:00.000Z" }))).toEqual([]);
});

test("of a hundred steps that follow, some are named and the rest counted", () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${CONTAINER}::c-${at}`, "create 1"]));
  const moved = movedBetween(SHOWN, later({}, { steps: { ...steps, ...many } }));
  expect(moved).toHaveLength(13);
  expect(moved.at(-1)).toEqual({ what: "steps for 88 more resources", before: "shown", after: "other ones" });
});
