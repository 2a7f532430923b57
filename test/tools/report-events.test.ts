import { expect, test } from "vitest";

import { eventsIn } from "../../tools/report/events.ts";

const CANARY = "canary-of-a-secret";
const SERVICE = "urn:pulumi:dev::shop::mlstack:docker:Service::redis";
const CONTAINER = "urn:pulumi:dev::shop::mlstack:docker:Service$docker:index/container:Container::redis-0";
const state = (urn: string, parent: string, inputs: object = {}) => ({
  urn,
  type: urn.split("::")[2]?.split("$").at(-1),
  parent,
  inputs,
  outputs: {},
});
const pre = (op: string, more: object) => ({
  resourcePreEvent: { metadata: { op, urn: CONTAINER, type: "docker:index/container:Container", ...more } },
});
const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");

const parent = {
  resourcePreEvent: {
    metadata: { op: "same", urn: SERVICE, type: "mlstack:docker:Service", old: state(SERVICE, ""), new: state(SERVICE, "") },
  },
};
const replaced = pre("replace", {
  old: state(CONTAINER, SERVICE, { memory: 512 }),
  new: state(CONTAINER, SERVICE, { memory: 256 }),
  detailedDiff: { "envs[1]": { diffKind: "update-replace" } },
});
const done = { summaryEvent: { result: "succeeded" } };

test("a replacement is one change, with what it is a part of", () => {
  const { changes, complete } = eventsIn(
    lines(
      parent,
      pre("delete-replaced", { old: state(CONTAINER, SERVICE) }),
      replaced,
      pre("create-replacement", { new: state(CONTAINER, SERVICE) }),
      done,
    ),
  );
  const container = changes.find(({ after }) => after?.name === "redis-0");
  expect(container).toMatchObject({
    step: "replace",
    changed: ["envs[1]"],
    before: { inputs: { memory: 512 }, under: ["redis"], within: ["mlstack:docker:Service"] },
  });
  expect(changes).toHaveLength(2);
  expect(complete).toBe(true);
});

test("what the engine notes for its makers is left out, and a secret with it", () => {
  const debug = { diagnosticEvent: { message: `resp: password,,,${CANARY}`, severity: "debug" } };
  const warning = { diagnosticEvent: { message: "<{%fg 3%}>api-0 is down now<{%reset%}>\n", severity: "warning" } };
  const { notes } = eventsIn(lines(debug, warning, warning, done));
  expect(notes).toEqual([{ severity: "warning", text: "api-0 is down now" }]);
});

test("lines that are no events, and events that nobody knows, do no harm", () => {
  expect(eventsIn(["✓ Pulumi", "{broken", lines({ newEvent: { a: 1 } }, replaced, done)].join("\n")).changes).toHaveLength(1);
});

test("a preview that did not come to its end is not complete", () => {
  expect(eventsIn(lines(replaced)).complete).toBe(false);
  expect(eventsIn(lines(replaced, { summaryEvent: { result: "failed" } })).complete).toBe(false);
});

test("a step that no rule knows is said, and never taken for nothing", () => {
  expect(eventsIn(lines(pre("transmogrify", { new: state(CONTAINER, SERVICE) }), done)).strange).toEqual(["transmogrify of redis-0"]);
});

test("a violated policy is said with its name", () => {
  const violation = { policyEvent: { policyName: "limits", message: "has no memory limit", enforcementLevel: "mandatory" } };
  expect(eventsIn(lines(violation, done)).notes).toEqual([{ severity: "error", text: "limits: has no memory limit" }]);
});
