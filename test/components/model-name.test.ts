import { expect, test } from "vitest";

import { modelAlias, modelName, modelReference, splitReference } from "../../components/model/name.ts";

const passes = (schema: typeof modelName, given: string) => schema.safeParse(given).success;

test.each(["fraud", "Größe der Last", "模型 (2)", "d'Été", "a", "v1.2-beta_3", "ü".repeat(255)])("%j is a model's name", (name) => {
  expect(passes(modelName, name)).toBe(true);
  expect(splitReference(`${name}@production`)).toEqual({ name, alias: "production", number: undefined });
  expect(splitReference(`${name}/12`)).toEqual({ name, alias: "", number: "12" });
});

test.each(["", " a", "a ", ".", "..", ".a", "a/b", "a:b", "a@b", "a\nb", "a\tb", "a\n", "ü".repeat(256)])("%j is none", (name) => {
  expect(passes(modelName, name)).toBe(false);
  expect(splitReference(`${name}@production`)).toBeUndefined();
});

test.each(["fraud", "fraud@", "fraud/0", "fraud/x", "fraud@pro duction", "fraud/1/2", "@production", "fraud@production\n"])(
  "%j is no reference",
  (reference) => {
    expect(passes(modelReference, reference)).toBe(false);
  },
);

test.each([
  ["production", true],
  ["2024-best_one", true],
  ["latest", false],
  ["Latest", false],
  ["v3", false],
  ["v3a", true],
  ["", false],
  ["a b", false],
  ["a".repeat(256), false],
])("%j as an alias: %s", (alias, right) => {
  expect(passes(modelAlias, alias)).toBe(right);
});
