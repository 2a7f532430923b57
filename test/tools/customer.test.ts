import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { pathOf } from "../../infra/layers/path.ts";
import { customerFile, mustDiffer } from "../../tools/settings/customer-file.ts";

describe("a customer of a stack on Docker gets of its own", () => {
  const prod = {
    platform: { kind: "docker", prefix: "shop", network: { name: "shop-network", subnet: "172.20.0.0/16" } },
    features: { publish: { port: 8000, address: "127.0.0.1" } },
    tracking: { publish: { port: 5000 } },
  };
  const acme = { ...prod, platform: { ...prod.platform, network: { subnet: "172.21.0.0/16" } }, features: { publish: { port: 8001 } } };

  test("names, a subnet and ports that no other stack has", () => {
    const own = Object.fromEntries(mustDiffer("globex", "shop", prod, [prod, acme]).map(({ path, value }) => [path.join("."), value]));
    expect(own).toEqual({
      "platform.prefix": "globex",
      "platform.network.name": "globex-network",
      "platform.network.subnet": "172.22.0.0/16",
      "features.publish.port": 8002,
      "tracking.publish.port": 5001,
    });
  });

  test("nothing that the engine chooses for each stack anyway", () => {
    expect(mustDiffer("globex", "shop", { platform: { kind: "docker" } }, [])).toEqual([]);
  });
});

test("a customer in a cluster gets a namespace of its own, and keeps the port of its load balancer", () => {
  const prod = { platform: { kind: "kubernetes", namespace: { name: "shop" } }, features: { publish: { port: 80 } } };
  expect(mustDiffer("acme", "shop", prod, [prod])).toEqual([{ path: ["platform", "namespace", "name"], value: "shop-acme" }]);
});

test("the file of a customer is a few lines", () => {
  const own = [
    { path: pathOf("features.publish.port"), value: 8001 },
    { path: pathOf("features.api.replicas"), value: 4 },
    { path: pathOf("training"), value: null },
  ];
  expect(customerFile("acme", "prod", own, "./infra/stack.schema.json")).toBe(
    [
      "# yaml-language-server: $schema=./infra/stack.schema.json",
      "# acme: what differs from prod.",
      "config:",
      "  mlstack:extends: prod",
      "  mlstack:features: { publish: { port: 8001 }, api: { replicas: 4 } }",
      "  mlstack:training: null",
      "",
    ].join("\n"),
  );
});

describe("of a project with stacks", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-customers-"));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
  const base = (replicas: number) => `config:\n  mlstack:features: { api: { replicas: ${replicas} } }\n`;
  beforeAll(() => {
    mkdirSync(join(folder, "layers"));
    write("Pulumi.yaml", "name: shop\n");
    write("layers/base.yaml", base(2));
    write("Pulumi.prod.yaml", "config:\n  mlstack:extends: base\n  mlstack:platform: { kind: docker }\n");
    write("Pulumi.acme.yaml", "config:\n  mlstack:extends: prod\n");
    write("Pulumi.globex.yaml", "config:\n  mlstack:extends: prod\n  mlstack:features: { api: { replicas: 9 } }\n");
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", "first");
    write("layers/base.yaml", base(3));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function mlstack(...args: string[]): { code: number | null; text: string } {
    const env = { ...process.env, MLSTACK_STATE: folder, MLSTACK_CACHE: folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, ["tools/cli.ts", ...args, "--cwd", folder], { encoding: "utf8", env });
    return { code: status, text: `${stdout}${stderr}` };
  }

  test("those that extend a layer are listed, at any depth", () => {
    expect(mlstack("stacks", "base").text).toBe(
      "3 stacks\n  acme (extends prod, base)\n  globex (extends prod, base)\n  prod (extends base)\n",
    );
    expect(mlstack("stacks", "prod").text).toBe("2 stacks\n  acme (extends prod, base)\n  globex (extends prod, base)\n");
    expect(mlstack("stacks", "bse")).toEqual({ code: 1, text: expect.stringContaining('no layer is called "bse"; did you mean "base"?') });
  });

  test("those whose settings a change alters are listed, by value, and no other", () => {
    const { text } = mlstack("stacks", "--changed-since", "HEAD");
    expect(text).toMatch(/^2 stacks\n {2}acme .*\n {4}features\.api\.replicas {2}2 → 3 {2}layers\/base\.yaml:2:30\n {2}prod /);
    expect(text).not.toContain("globex");
    expect(mlstack("stacks", "--changed-since", "nosuch")).toEqual({ code: 1, text: expect.stringContaining('"nosuch" is no commit') });
  });

  test("two are compared by value and place", () => {
    const { text } = mlstack("diff", "-s", "acme", "-s", "globex");
    expect(text).toMatch(
      /^1 setting of acme and globex differs\n.*acme +3 +layers\/base\.yaml:2:30\n.*globex +9 +Pulumi\.globex\.yaml:3:30\n$/,
    );
    expect(mlstack("diff", "-s", "acme")).toEqual({ code: 1, text: expect.stringContaining("diff compares two stacks, got 1") });
  });

  test("all are checked, and one mistake in a layer is found in each", () => {
    expect(mlstack("check")).toEqual({ code: 0, text: "3 stacks checked; all are right\n" });
    write("layers/base.yaml", base(0));
    const { code, text } = mlstack("check");
    write("layers/base.yaml", base(3));
    expect(code).toBe(1);
    expect(text.match(/layers\/base\.yaml:2:30: mlstack:features\.api\.replicas: must be at least 1, got 0/g)).toHaveLength(2);
  });

  test("a new one that would be wrong is refused before anything is written", () => {
    const before = readFileSync(join(folder, "Pulumi.acme.yaml"), "utf8");
    const refused = (...args: string[]) => mlstack("customer", "new", ...args).text;
    expect(refused("initech", "--from", "prod", "--set", "features.api.replica=2")).toContain('did you mean "features.api.replicas"?');
    expect(refused("initech", "--from", "prod", "--set", "features.api.replicas=0")).toContain("must be at least 1, got 0");
    expect(refused("initech", "--from", "prd")).toContain('no layer is called "prd"; did you mean "prod"?');
    expect(refused("acme", "--from", "prod")).toContain("Pulumi.acme.yaml exists");
    expect(refused("Bad_Name", "--from", "prod")).toContain('"Bad_Name" cannot name a stack');
    expect(mlstack("stacks", "prod").text).toContain("2 stacks");
    expect(readFileSync(join(folder, "Pulumi.acme.yaml"), "utf8")).toBe(before);
  });
});
