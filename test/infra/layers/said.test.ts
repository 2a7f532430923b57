import fc from "fast-check";
import { expect, test } from "vitest";

import { leaves, merge, plainOf, type Said, type SaidMap, SILENCE, saidOf } from "../../../infra/layers/said.ts";

const key = fc.constantFrom("a", "b", "c");
const position = undefined;
const leaf: fc.Arbitrary<Said> = fc.oneof(
  fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer())).map((value): Said => ({ kind: "value", value, position })),
  fc.constant<Said>({ kind: "absent", position }),
  fc.constant<Said>({ kind: "default", position }),
);
const map = fc.letrec<{ map: SaidMap; said: Said }>((tie) => ({
  said: fc.oneof({ depthSize: "small" }, leaf, tie("map")),
  map: fc
    .dictionary(key, tie("said"), { maxKeys: 3 })
    .map((entries): SaidMap => ({ kind: "map", entries: new Map(Object.entries(entries)), fresh: false, position })),
})).map;

test("merging is associative: a chain means the same however it is cut", () => {
  fc.assert(
    fc.property(map, map, map, (a, b, c) => void expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)))),
    { numRuns: 2000 },
  );
});

test("silence changes nothing, on either side", () => {
  fc.assert(
    fc.property(map, (a) => {
      expect(plainOf(merge(a, SILENCE))).toEqual(plainOf(a));
      expect(plainOf(merge(SILENCE, a))).toEqual(plainOf(a));
    }),
  );
});

test("a layer that says what it inherits changes nothing", () => {
  fc.assert(fc.property(map, map, (a, b) => void expect(plainOf(merge(merge(a, b), merge(a, b)))).toEqual(plainOf(merge(a, b)))));
});

test("what the upper layer says is what holds", () => {
  fc.assert(
    fc.property(map, map, (a, b) => {
      const both = new Map(leaves(merge(a, b)).map(({ path, said }) => [path.join("."), said]));
      for (const { path, said } of leaves(b)) if (said.kind !== "map") expect(both.get(path.join("."))).toEqual(said);
    }),
  );
});

test("a list is replaced whole, never by position", () => {
  const of = (list: unknown[]) => saidOf({ list }) as SaidMap;
  expect(plainOf(merge(of([1, 2, 3]), of([9])))).toEqual({ list: [9] });
});

test("a part that was taken away begins again from its defaults", () => {
  const layers = [{ api: { replicas: 6, env: { A: "1" } } }, { api: null }, { api: { env: { B: "2" } } }].map(
    (one) => saidOf(one) as SaidMap,
  );
  expect(plainOf(layers.reduce(merge, SILENCE))).toEqual({ api: { env: { B: "2" } } });
});
