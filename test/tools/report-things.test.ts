import { expect, test } from "vitest";

import type { Effect, Part, PartNoun } from "../../components/workload/change.ts";
import { effectOf, type Thing } from "../../tools/report/things.ts";

const part = (noun: PartNoun): Part => ({
  noun,
  name: "api",
  count: 1,
  image: undefined,
  cpu: 0,
  memory: 0,
  gpus: 0,
  rights: [],
  openings: [],
});
const change = { step: "same", before: undefined, after: undefined, changed: [] } as const;

function thing(noun: PartNoun, before: number, after: number, effects: readonly Effect[]): Thing {
  const parts = (count: number) => Array.from({ length: count }, () => part(noun));
  return {
    section: "features",
    name: "api",
    noun,
    before: parts(before),
    after: parts(after),
    consequences: effects.map((effect) => ({ change, effect })),
  };
}

test("a further replica makes no new service of one that is there, nor does one that is removed end it", () => {
  expect(effectOf(thing("service", 2, 3, ["nothing", "nothing", "made"]))).toBe("in place");
  expect(effectOf(thing("service", 3, 2, ["nothing", "nothing", "removed"]))).toBe("in place");
  expect(effectOf(thing("service", 2, 3, ["one after another", "one after another", "made"]))).toBe("one after another");
  expect(effectOf(thing("service", 0, 2, ["made", "made"]))).toBe("made");
  expect(effectOf(thing("service", 2, 0, ["removed", "removed"]))).toBe("removed");
});

test("files whose content is another are changed, under whatever name", () => {
  expect(effectOf(thing("config files", 1, 1, ["removed", "made"]))).toBe("in place");
});
