import { beforeAll, describe, expect, test } from "vitest";

import { EMPTY_CLUSTER, isOurs } from "../../components/kubernetes/existing.ts";
import { ownershipIn, withOwner } from "../../components/kubernetes/owner.ts";
import { MockEngine } from "../support/engine.ts";
import { existing, OURS, refusalOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

const PLATFORM = "mlstack:kubernetes:Platform";
const stash = (output: string) => ({ place: { types: [PLATFORM, "pulumi:index:Stash"], name: "owner" }, outputs: { output } });
const other = { place: { types: [PLATFORM, "kubernetes:core/v1:Service"], name: "api" }, outputs: {} };

describe("a state", () => {
  test("keeps the id that it has given, and has a new one before", () => {
    expect(ownershipIn([stash("kept"), other], "new")).toEqual({ id: "kept", unmarked: true });
    expect(ownershipIn([], "new")).toEqual({ id: "new", unmarked: false });
  });

  test("of an earlier release has no id, and owns what has none", () => {
    expect(ownershipIn([other], "new")).toEqual({ id: "new", unmarked: true });
  });
});

describe("an object with the stack's label", () => {
  const view = (annotations: object) =>
    withOwner({ ...EMPTY_CLUSTER, ...existing("Service", "api", { annotations }) }, { id: "mine", unmarked: false }, OURS);
  const ours = (annotations: object) => [...view(annotations).objects.values()].map((object) => isOurs(object, OURS));

  test("is this state's where it has its id, which an interrupted first deployment gave as well", () => {
    expect(ours({ "mlstack.dev/owner": "mine" })).toEqual([true]);
  });

  test("is another's where it has another id, or none while this state has deployed nothing", () => {
    expect(ours({ "mlstack.dev/owner": "theirs" })).toEqual([false]);
    expect(ours({})).toEqual([false]);
  });
});

describe("a second clone of a project on one cluster", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });

  test("is refused, with whose the namespace is and the remedy", async () => {
    const namespace = {
      metadata: { name: "shop-test", labels: { "mlstack.dev/stack": OURS }, annotations: { "mlstack.dev/owner": "theirs" } },
    };
    const seen = withOwner({ ...EMPTY_CLUSTER, namespace }, { id: "mine", unmarked: false }, OURS);
    const text = await refusalOf(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts), {}, seen);
    expect(text).toContain(`"shop-test" exists and belongs to a stack "${OURS}" of another state; choose another name`);
    expect(engine.resources.filter(({ type }) => type.startsWith("kubernetes:core"))).toEqual([]);
  });

  test("sees nothing of the other's secrets, whose names are random", async () => {
    const theirs = existing("Secret", "login", { annotations: { "mlstack.dev/owner": "theirs" } });
    const seen = withOwner({ ...EMPTY_CLUSTER, ...theirs }, { id: "mine", unmarked: false }, OURS);
    const ask = refusalOf(engine, (platform, opts) => platform.secret("login", { values: { key: "hunter2" } }, opts), {}, seen);
    expect(await ask).toBe("");
  });
});
