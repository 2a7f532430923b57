import fc from "fast-check";
import { expect, test } from "vitest";

import { childName, dnsLabel, memberNames } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

test.each(["redis", "a", "feature-api", "r2d2"])("takes %s", (name) => expect(messages(dnsLabel, name)).toEqual([]));

test.each(["Redis", "redis_1", "-redis", "redis-", "1redis", "re dis", ""])("refuses %j", (name) =>
  expect(messages(dnsLabel, name)).not.toEqual([]),
);

test("refuses a name of 70 characters with its length and the limit", () => {
  expect(messages(dnsLabel, "a".repeat(70))).toEqual([`would be "${"a".repeat(70)}", 70 characters; the limit is 63`]);
});

test("names a part after its whole", () => expect(childName("trainer", "checkpoints")).toBe("trainer-checkpoints"));

test("refuses a part's name that is too long instead of cutting it", () => {
  expect(() => childName("a".repeat(60), "data")).toThrow(/65 characters; the limit is 63; choose a shorter one/);
});

test.each([1, 2, 3, 64])("numbers the members of a gang of %i from 0, each once", (size) => {
  expect(memberNames("g", size)).toEqual(Array.from({ length: size }, (_, index) => `g-${index}`));
});

test("refuses a gang whose last member's name is too long, though its first is not", () => {
  expect(memberNames("a".repeat(61), 10)).toHaveLength(10);
  expect(() => memberNames("a".repeat(61), 11)).toThrow(/"a{61}-10", 64 characters; the limit is 63/);
});

test("member names are always distinct labels", () => {
  const names = fc.stringMatching(/^[a-z][a-z0-9]{0,40}$/);
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 200 }), (name, size) => {
      const members = memberNames(name, size);
      expect(new Set(members).size).toBe(size);
      for (const member of members) expect(messages(dnsLabel, member)).toEqual([]);
    }),
  );
});
