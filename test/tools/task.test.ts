import { hostname } from "node:os";
import { describe, expect, test } from "vitest";

import type { DockerLaunch } from "../../components/workload/task-run.ts";
import { endMessage } from "../../tools/commands/task.ts";
import { launchOf } from "../../tools/tasks/launch.ts";
import { THIS_COMMAND } from "../../tools/tasks/owner.ts";

const launch: DockerLaunch = {
  platform: "docker",
  name: "train",
  template: "mlstack-dev-train",
  network: "mlstack-dev-network",
  interactive: false,
  deadline: 60,
  stopGrace: 10,
};

describe("the task that is meant", () => {
  const outputs = { url: "http://a", tasks: { train: JSON.stringify(launch), dev: "{}" } };

  test("is found among the stack's outputs", () => expect(launchOf(outputs, "train", "dev")).toEqual(launch));

  test.each([
    ["trian", outputs, 'Stack "dev" has no task "trian". Its tasks are dev, train: npm run task -- NAME [--stack dev] [-- ARGUMENTS]'],
    [undefined, outputs, "Which task? Its tasks are dev, train"],
    ["train", { url: "http://a" }, 'Stack "dev" has no task "train". Stack "dev" has none; is it deployed?'],
    ["train", null, "is it deployed?"],
    ["toString", outputs, 'has no task "toString"'],
    ["dev", outputs, 'Stack "dev" was deployed by another version; deploy it again, then start task "dev".'],
    ["dev", { tasks: { dev: "[secret]" } }, "was deployed by another version"],
  ])("called %j in %j is answered", (name, given, answer) => expect(() => launchOf(given, name, "dev")).toThrow(answer));
});

describe("the command that a run belongs to", () => {
  test("is this one, by host and process", () => expect(THIS_COMMAND.id).toBe(`${hostname()}:${process.pid}`));

  test.each([
    ["is this one", `${hostname()}:${process.pid}`, false],
    ["was a process of this host", `${hostname()}:4194305`, true],
    ["is on another host", `not-${hostname()}:4194305`, false],
  ])("has ended for certain or not: it %s", (_, id, ended) => expect(THIS_COMMAND.hasEnded(id)).toBe(ended));
});

test.each([
  [0, undefined, undefined],
  [7, undefined, 'Task "train" ended with exit code 7'],
  [143, { code: 130 }, 'Task "train" was interrupted'],
  [137, { code: 124, why: "was late" }, 'Task "train" was late'],
])("of the code %i with %j is reported: %s", (code, cause, message) => expect(endMessage("train", code, { cause })).toBe(message));
