import { expect, test } from "vitest";
import { z } from "zod";

import { nearest, strict } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

const shape = strict({ replicas: z.int().min(1).max(8), name: z.string(), nested: strict({ flags: z.array(z.boolean()) }).optional() });

test("reports all mistakes at once, each with its path and the value given", () => {
  expect(messages(shape, { replicas: 0, name: 5, nested: { flags: [true, "no"] } })).toEqual([
    "replicas: must be at least 1, got 0",
    "name: must be a string, got 5",
    'nested.flags[1]: must be a boolean, got "no"',
  ]);
});

test.each([
  [{ replicas: -1, name: "a" }, "replicas: must be at least 1, got -1"],
  [{ replicas: 9, name: "a" }, "replicas: must be at most 8, got 9"],
  [{ replicas: 1.5, name: "a" }, "replicas: must be a whole number, got 1.5"],
  [{ replicas: 1 }, "name: is required (a string)"],
])("%j: %s", (value, message) => expect(messages(shape, value)).toEqual([message]));

test("suggests the key that a misspelt one meant", () => {
  expect(messages(shape, { replica: 2, replicas: 2, name: "a" })).toEqual(['unknown key "replica"; did you mean "replicas"?']);
});

test("lists the known keys when none is near", () => {
  expect(messages(shape, { colour: 2, replicas: 2, name: "a" })).toEqual(['unknown key "colour"; known are replicas, name, nested']);
});

test.each([
  ["replcias", "replicas"],
  ["Replicas", "replicas"],
  ["subent", "subnet"],
  ["zzzzzz", undefined],
])("%s is nearest to %s", (word, expected) => expect(nearest(word, ["replicas", "subnet", "name"])).toBe(expected));

test.each([
  ["host", ["port", "address"], "address"],
  ["host_ip", ["port", "address"], "address"],
  ["shm-size", ["cpu", "sharedMemory"], "sharedMemory"],
  ["instances", ["replicas", "port"], "replicas"],
])("a word of other tools is answered with ours: %s", (word, known, expected) => {
  const shape = strict(Object.fromEntries(known.map((key) => [key, z.string().optional()])));
  expect(messages(shape, { [word]: "x" })).toEqual([`unknown key "${word}"; did you mean "${expected}"?`]);
});

test("a word of other tools whose own word is no key here is answered as any other", () => {
  expect(messages(strict({ port: z.number().optional() }), { host: 1 })).toEqual(['unknown key "host"; did you mean "port"?']);
});
