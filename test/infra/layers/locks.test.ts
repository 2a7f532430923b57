import { expect, test } from "vitest";

import { mistakesFrom } from "../../support/layers.ts";

const base = (lock: string) => `config:
  mlstack:platform: { kind: kubernetes, namespace: { name: shop } }
  mlstack:features: { accounts: 1000, redis: { keep: true }, api: { replicas: 4, resources: { memory: 1Gi } } }
  mlstack:locked: ${lock}
`;
const acme = (settings: string, lower = "prod") => `config:\n  mlstack:extends: ${lower}\n${settings}`;

const KEEP = "[features.redis.keep]";
const PINNED = "[platform.pinnedImages]";
const RANGE = "{ features.api.replicas: { min: 2, max: 8 } }";

test.each([
  ["another value", KEEP, acme("  mlstack:features: { redis: { keep: false } }\n"), "Pulumi.acme.yaml:3:32"],
  ["null", KEEP, acme("  mlstack:features: { redis: { keep: null } }\n"), "Pulumi.acme.yaml:3:32"],
  ["null for what holds it", KEEP, acme("  mlstack:features: null\n"), "Pulumi.acme.yaml:3:3"],
  ["going back to the default", KEEP, acme("  mlstack:defaults: [features.redis.keep]\n"), "Pulumi.acme.yaml:3:22"],
  ["a value in the place of a default", PINNED, acme("  mlstack:platform: { pinnedImages: false }\n"), "Pulumi.acme.yaml:3:23"],
  [
    "something inside a locked part",
    "[features.redis]",
    acme("  mlstack:features: { redis: { resources: { memory: 2Gi } } }\n"),
    "Pulumi.acme.yaml:3:45",
  ],
  ["more than a range", RANGE, acme("  mlstack:features: { api: { replicas: 9 } }\n"), "Pulumi.acme.yaml:3:30"],
  ["less than a range", RANGE, acme("  mlstack:features: { api: { replicas: 1 } }\n"), "Pulumi.acme.yaml:3:30"],
  [
    "more memory",
    "{ features.api.resources.memory: { max: 2Gi } }",
    acme("  mlstack:features: { api: { resources: { memory: 4096Mi } } }\n"),
    "Pulumi.acme.yaml:3:43",
  ],
  [
    "a word that is not allowed",
    "{ features.api.logLevel: { oneOf: [INFO, ERROR] } }",
    acme("  mlstack:features: { api: { logLevel: DEBUG } }\n"),
    "Pulumi.acme.yaml:3:30",
  ],
])("%s is refused with both places", (_, lock, own, place) => {
  const mistakes = mistakesFrom({ prod: base(lock), acme: own }, "acme");
  expect(mistakes).toContainEqual(expect.stringContaining(place));
  expect(mistakes.join("\n")).toMatch(/it is (locked|limited) by Pulumi\.prod\.yaml:4:\d+/);
});

test.each([
  ["the same value", KEEP, acme("  mlstack:features: { redis: { keep: true } }\n")],
  ["the default itself", PINNED, acme("  mlstack:platform: { pinnedImages: true }\n")],
  ["another setting of the part", KEEP, acme("  mlstack:features: { accounts: 5 }\n")],
  ["a value within a range", RANGE, acme("  mlstack:features: { api: { replicas: 8 } }\n")],
  [
    "less memory",
    "{ features.api.resources.memory: { max: 2Gi } }",
    acme("  mlstack:features: { api: { resources: { memory: 512Mi } } }\n"),
  ],
])("%s is allowed", (_, lock, own) => {
  expect(mistakesFrom({ prod: base(lock), acme: own }, "acme")).toEqual([]);
});

test("no other layer opens a lock, before or behind the one that locks", () => {
  const loose = "config:\n  mlstack:platform: { pinnedImages: false }\n";
  for (const lower of ["[prod, loose]", "[loose, prod]"]) {
    const mistakes = mistakesFrom({ prod: base(PINNED), "layers/loose": loose, acme: acme("", lower) }, "acme");
    expect(mistakes).toEqual([
      "layers/loose.yaml:2:23 mlstack:platform.pinnedImages: must stay true, got false; it is locked by Pulumi.prod.yaml:4:20",
    ]);
  }
});

test("a customer's own lock on the same setting opens nothing", () => {
  const own = acme("  mlstack:features: { redis: { keep: false } }\n  mlstack:locked: { features.redis.keep: { oneOf: [true, false] } }\n");
  expect(mistakesFrom({ prod: base(KEEP), acme: own }, "acme")).toHaveLength(1);
});

test("a lock binds at any depth below", () => {
  const texts = { prod: base(KEEP), "layers/eu": acme("  mlstack:features: { redis: { keep: false } }\n"), acme: acme("", "eu") };
  expect(mistakesFrom(texts, "acme")).toEqual([
    "layers/eu.yaml:3:32 mlstack:features.redis.keep: must stay true, got false; it is locked by Pulumi.prod.yaml:4:20",
  ]);
});

test("no message about a lock shows a secret", () => {
  const lower = "config:\n  mlstack:tracking: { admin: { username: admin } }\n  mlstack:locked: [tracking, tracking.admin.password]\n";
  const own = acme("  mlstack:tracking: { admin: { password: hunter2-hunter2 } }\n");
  const mistakes = mistakesFrom({ prod: lower, acme: own }, "acme");
  expect(mistakes).toHaveLength(2);
  expect(mistakes.join("\n")).not.toContain("hunter2");
});
