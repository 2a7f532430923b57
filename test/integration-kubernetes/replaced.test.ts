import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubernetesChanges } from "../../components/kubernetes/consequences.ts";
import type { Declared, ResourceChange } from "../../components/workload/change.ts";
import { eventsIn } from "../../tools/report/events.ts";
import { differingPaths } from "../../tools/report/paths.ts";
import { CHANGES, objectsAfter } from "../report/fields.ts";
import { Kube } from "../support/kube.ts";
import { TestStack } from "../support/stack.ts";

/** A stack of one object of each kind, which is previewed with one field of each changed: what a report says without a cluster is what the provider does. */
let stack: TestStack;
const rounds = Math.max(...Object.values(CHANGES).map(({ length }) => length));

beforeAll(async () => {
  stack = await TestStack.create("report-fields", { main: "test/report/fields-program.ts" });
  stack.configure({});
  const { code, text } = await stack.up();
  expect(code, text).toBe(0);
});
afterAll(async () => {
  await stack?.remove();
  await new Kube().removeNamespace("it-report-fields");
});

function declared(kind: string, inputs: Declared["inputs"]): Declared {
  return {
    type: `kubernetes:any/v1:${kind}`,
    name: kind.toLowerCase(),
    inputs,
    within: kind === "Job" ? ["mlstack:kubernetes:Gang"] : [],
    under: [],
    retained: false,
  };
}

/** What the report expects of each kind, without a cluster. */
function foretold(round: number): Record<string, string> {
  const [before, after] = [objectsAfter(undefined), objectsAfter(round)];
  const changes = Object.keys(before).map((kind): ResourceChange => {
    const [one, other] = [declared(kind, before[kind] ?? {}), declared(kind, after[kind] ?? {})];
    const changed = differingPaths(kubernetesChanges.comparable(one), kubernetesChanges.comparable(other));
    return { step: "same", before: one, after: other, changed };
  });
  return Object.fromEntries(kubernetesChanges.settled(changes).map(({ step, after: one }) => [one?.type.split(":").at(-1) ?? "", step]));
}

describe.each(Array.from({ length: rounds }, (_, round) => round))("of the changes with the number %i", (round) => {
  test("the provider replaces those objects that a report without a cluster says", async () => {
    stack.configure({ round });
    stack.variables["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true";
    const { text } = await stack.preview("--json", "--show-sames");
    // What the cluster itself lets nobody change fails here; what the provider means to do was said before.
    const steps = eventsIn(text).changes.filter(
      ({ after }) => after?.type.startsWith("kubernetes:") === true && after.name !== "namespace",
    );
    const seen = Object.fromEntries(steps.map(({ step, after }) => [after?.type.split(":").at(-1) ?? "", step]));
    const changed = Object.keys(CHANGES).filter((kind) => CHANGES[kind]?.[round] !== undefined && kind in seen);
    expect(changed).not.toEqual([]);
    const of = (all: Record<string, string>) =>
      Object.fromEntries(changed.map((kind) => [`${kind} ${CHANGES[kind]?.[round]?.[0]}`, all[kind]]));
    expect(of(foretold(round))).toEqual(of(seen));
  });
});
