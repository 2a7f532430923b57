import { describe, expect, test } from "vitest";

import { memoryShortage, resourcesOf } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

const limits = resourcesOf({ cpu: 2, memory: "1Gi" });

test("fills in the component's own defaults", () => {
  expect(limits.parse({})).toEqual({ cpu: 2, memory: "1Gi", processes: 4096, reservation: {} });
  expect(limits.prefault({}).parse(undefined)).toEqual(limits.parse({}));
  expect(resourcesOf().parse({})).toEqual({ cpu: 1, memory: "512Mi", processes: 4096, reservation: {} });
});

test("takes a reservation as large as the limit", () => {
  expect(messages(limits, { reservation: { cpu: "2000m", memory: "1024Mi" } })).toEqual([]);
});

describe("finds every mistake at the setting's own path", () => {
  test.each([
    [{ memory: "10Mi" }, ['memory: must be more than scratch and shared memory together (128Mi), got "10Mi"']],
    [{ memory: "128Mi" }, ['memory: must be more than scratch and shared memory together (128Mi), got "128Mi"']],
    [{ reservation: { cpu: 3 } }, ["reservation.cpu: must be at most the limit (2), got 3"]],
    [
      { cpu: 1, memory: "512Mi", reservation: { cpu: 1.5, memory: "1Gi" } },
      ["reservation.cpu: must be at most the limit (1), got 1.5", "reservation.memory: must be at most the limit (512Mi), got 1Gi"],
    ],
    [{ processors: 2 }, [expect.stringContaining('unknown key "processors"')]],
    [{ mem: "1Gi" }, ['unknown key "mem"; did you mean "memory"?']],
  ])("%j", (given, expected) => expect(messages(limits, given)).toEqual(expected));
});

test("a container with folders in memory of its own needs more than these", () => {
  expect(messages(resourcesOf({ memory: "4Gi", inMemory: "2Gi" }), { memory: "2Gi" })).toEqual([
    'memory: must be more than scratch and shared memory together (2048Mi), got "2Gi"',
  ]);
  expect(memoryShortage("1Gi", ["64Mi", "64Mi"])).toBeUndefined();
  expect(memoryShortage("1Gi", ["1Gi"])).toBe('must be more than scratch and shared memory together (1024Mi), got "1Gi"');
});
