import { describe, expect, test } from "vitest";

import { mistakesFrom, resolvedFrom } from "../../support/layers.ts";

const prod = `config:
  mlstack:platform:
    kind: kubernetes
    production: true
    namespace: { name: shop }
  mlstack:features:
    accounts: 1000
    api: { replicas: 6, logLevel: WARNING, env: { REGION: eu, TRACE: "1" } }
  mlstack:training:
    nodes: 4
  mlstack:tracking:
    admin: { username: admin, password: { secure: "v1:prod" } }
`;

describe("a stack's file", () => {
  test("starts from another stack's, and merges maps by key", () => {
    const texts = { prod, acme: "config:\n  mlstack:extends: prod\n  mlstack:features: { api: { replicas: 2 } }\n" };
    const { values, layers } = resolvedFrom(texts, "acme");
    expect(values).toMatchObject({
      platform: { kind: "kubernetes", namespace: { name: "shop" } },
      features: { accounts: 1000, api: { replicas: 2, logLevel: "WARNING" } },
    });
    expect(layers.map(({ file }) => file)).toEqual(["Pulumi.prod.yaml", "Pulumi.acme.yaml"]);
  });

  test("starts from layers at any depth, a later one before an earlier one, each once", () => {
    const texts = {
      "layers/base": "config:\n  mlstack:features: { accounts: 1, seed: 1, transactions: 1 }\n",
      "layers/eu": "config:\n  mlstack:extends: base\n  mlstack:features: { seed: 2, transactions: 2 }\n",
      "layers/big": "config:\n  mlstack:extends: [base]\n  mlstack:features: { transactions: 3 }\n",
      acme: "config:\n  mlstack:extends: [eu, big]\n",
    };
    const { values, layers } = resolvedFrom(texts, "acme");
    expect(values["features"]).toEqual({ accounts: 1, seed: 2, transactions: 3 });
    expect(layers.map(({ name }) => name)).toEqual(["base", "eu", "big", "acme"]);
  });

  test.each([
    ["null", "null"],
    ["nothing behind the key", ""],
    ["what Pulumi writes for that", '""'],
  ])("takes a part away by %s", (_, word) => {
    const { values, mistakes } = resolvedFrom({ prod, acme: `config:\n  mlstack:extends: prod\n  mlstack:training: ${word}\n` }, "acme");
    expect([Object.keys(values), mistakes]).toEqual([["platform", "features", "tracking"], []]);
  });

  test("takes an entry of a map away", () => {
    const texts = { prod, acme: "config:\n  mlstack:extends: prod\n  mlstack:features: { api: { env: { TRACE: null } } }\n" };
    expect(resolvedFrom(texts, "acme").values["features"]).toMatchObject({ api: { env: { REGION: "eu" } } });
  });

  test("goes back to a default", () => {
    const texts = { prod, acme: "config:\n  mlstack:extends: prod\n  mlstack:defaults: [features.api.replicas, training.nodes]\n" };
    const { values } = resolvedFrom(texts, "acme");
    expect(values["features"]).toMatchObject({ api: { logLevel: "WARNING" } });
    expect(values["training"]).toEqual({});
  });

  test("inherits no secret", () => {
    const { values, inheritedSecrets } = resolvedFrom({ prod, acme: "config:\n  mlstack:extends: prod\n" }, "acme");
    expect(values["tracking"]).toEqual({ admin: { username: "admin" } });
    expect(inheritedSecrets).toEqual([["tracking", "admin", "password"]]);
  });

  test("has paths of the host relative to the file that says them", () => {
    const layer = "config:\n  mlstack:serving: { api: { server: { folders: { /src: ../source, /abs: /srv/models } } } }\n";
    const texts = {
      "layers/base": layer,
      acme: "config:\n  mlstack:extends: base\n  mlstack:serving: { api: { server: { folders: { /own: here } } } }\n",
    };
    expect(resolvedFrom(texts, "acme").values["serving"]).toMatchObject({
      api: { server: { folders: { "/src": "source", "/abs": "/srv/models", "/own": "here" } } },
    });
  });
});

describe("what is wrong with layers is said with its place", () => {
  const cases: [string, Record<string, string>, string][] = [
    [
      "an unknown layer",
      { prod, acme: "config:\n  mlstack:extends: prd\n" },
      'Pulumi.acme.yaml:2:3 mlstack:extends: no layer is called "prd" (neither layers/prd.yaml nor Pulumi.prd.yaml); did you mean "prod"?',
    ],
    [
      "a circle, link by link",
      {
        acme: "config:\n  mlstack:extends: a\n",
        "layers/a": "config:\n  mlstack:extends: [b]\n",
        "layers/b": "config:\n  mlstack:extends: a\n",
      },
      "layers/b.yaml:2:3 mlstack:extends: is a circle: layers/a.yaml → layers/b.yaml → layers/a.yaml",
    ],
    [
      "a file that extends itself",
      { acme: "config:\n  mlstack:extends: acme\n" },
      "Pulumi.acme.yaml:2:3 mlstack:extends: is a circle: Pulumi.acme.yaml → Pulumi.acme.yaml",
    ],
    [
      "an unknown default",
      { acme: "config:\n  mlstack:defaults:\n    - features.api.replica\n" },
      'Pulumi.acme.yaml:3:7 mlstack:defaults: unknown setting "features.api.replica"; did you mean "features.api.replicas"?',
    ],
    [
      "a default that the file sets as well",
      { acme: "config:\n  mlstack:features: { seed: 3 }\n  mlstack:defaults: [features.seed]\n" },
      "Pulumi.acme.yaml:3:22 mlstack:defaults: names features.seed, which this file also sets; keep one of the two",
    ],
    [
      "an unknown lock",
      { acme: "config:\n  mlstack:locked: [platform.pinned]\n" },
      'Pulumi.acme.yaml:2:20 mlstack:locked: unknown setting "platform.pinned"',
    ],
    [
      "null for what every stack has",
      { acme: "config:\n  mlstack:features:\n    seed: null\n" },
      "Pulumi.acme.yaml:3:5 mlstack:features.seed: cannot be taken away (null): every stack has it; to go back to its default, name features.seed in mlstack:defaults",
    ],
    [
      "a key of another namespace in what is inherited",
      { acme: "config:\n  mlstack:extends: base\n", "layers/base": "config:\n  aws:region: eu\n" },
      "layers/base.yaml:2:3 aws:region is not inherited, only settings of mlstack are; write it in the stack that needs it",
    ],
    [
      "a wrong word for layers",
      { acme: "config:\n  mlstack:extends: { prod: true }\n" },
      "Pulumi.acme.yaml:2:3 mlstack:extends: must be the name of a layer, or a list of names",
    ],
  ];
  test.each(cases)("%s", (_, texts, message) => expect(mistakesFrom(texts, "acme")).toContainEqual(expect.stringContaining(message)));
});
