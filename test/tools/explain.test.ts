import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stackNamesIn } from "../../infra/layers/names.ts";
import { pathOf } from "../../infra/layers/path.ts";
import { stackSettings } from "../../infra/stack.ts";
import { textFor } from "../../tools/commands/explain.ts";
import { ROOT } from "../../tools/lib/folders.ts";
import { type Explanation, explanationOf, explanationsOf } from "../../tools/settings/explanation.ts";
import { resolvedSettings } from "../../tools/settings/resolved.ts";
import { examples, projectIn, type Stack, selectFolder } from "../../tools/setup/stack.ts";

const folder = mkdtempSync(join(tmpdir(), "mlstack-explain-"));
beforeAll(() => {
  mkdirSync(join(folder, "layers"));
  const files = {
    "Pulumi.yaml": "name: shop\n",
    "layers/base.yaml": "config:\n  mlstack:platform: { kind: docker }\n  mlstack:features: { api: { replicas: 6, logLevel: ERROR } }\n",
    "Pulumi.prod.yaml":
      "config:\n  mlstack:extends: base\n  mlstack:features:\n    api:\n      replicas: 4\n    redis: { password: { secure: v1:x } }\n  mlstack:training: {}\n",
    "Pulumi.acme.yaml":
      "config:\n  mlstack:extends: prod\n  mlstack:features: { api: { replicas: 2 }, redis: { password: { secure: v1:y } } }\n  mlstack:training: null\n  mlstack:defaults: [features.api.logLevel]\n",
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const acme = () => resolvedSettings({ folder, project: "shop", name: "acme" }, stackSettings);
const explained = (path: string) => explanationOf(stackSettings, acme(), pathOf(path));

describe("a setting is explained by", () => {
  test("every layer that says it, the one that holds first, and its default", () => {
    expect(textFor(explained("features.api.replicas"))).toMatch(
      new RegExp(
        [
          "^features\\.api\\.replicas = 2",
          "  Copies of the online API\\.",
          "  Pulumi\\.acme\\.yaml:3:30 +2  holds",
          "  Pulumi\\.prod\\.yaml:5:7 +4  replaced",
          "  layers/base\\.yaml:3:30 +6  replaced",
          " +2  default\\n$",
        ].join("\\n"),
      ),
    );
  });

  test("the layer that puts it back to its default, or takes what holds it away", () => {
    expect(textFor(explained("features.api.logLevel"))).toMatch(/= INFO\n.*\n {2}Pulumi\.acme\.yaml:5:22 +back to the default +holds\n/);
    expect(textFor(explained("training.nodes"))).toMatch(/= nothing\n.*\n {2}Pulumi\.acme\.yaml:4:3 +null \(of training\) +holds\n/);
  });

  test("the files that were looked at where none says it", () => {
    expect(textFor(explained("features.seed"))).toContain(
      "no layer says it; looked at Pulumi.acme.yaml, Pulumi.prod.yaml, layers/base.yaml",
    );
  });

  test("nothing that shows a secret", () => {
    const text = textFor(explained("features.redis.password"));
    expect(text).toContain("(secret)");
    expect(text).not.toContain("v1:");
  });

  test.each([
    ["features.api.replica", 'unknown setting "features.api.replica"; did you mean "features.api.replicas"?'],
    ["feature.api", 'unknown setting "feature.api"; did you mean "features.api"?'],
    ["features.seed.more", 'unknown setting "features.seed.more"; "features.seed" holds no further settings'],
    ["features.api.zzzzzzzz", "known are replicas, logLevel, env, resources"],
    ["mlstack:features.accunts", 'did you mean "features.accounts"?'],
  ])("the nearest names for %s", (path, message) => expect(() => explained(path)).toThrow(message));
});

/** All stacks of this project, and those of the test. */
function allStacks(): Stack[] {
  const folders = [folder, ROOT, ...examples().map((example) => selectFolder({ example }))];
  return folders.flatMap((one) => stackNamesIn(one).map((name) => ({ folder: one, project: projectIn(one), name })));
}

/** A line of a file from a column on. */
function textAt(file: string, { line, column }: { readonly line: number; readonly column: number }): string {
  return (readFileSync(file, "utf8").split("\n")[line - 1] ?? "").slice(column - 1);
}

test("every place, of every setting of every stack, holds that setting", () => {
  let seen = 0;
  for (const stack of allStacks()) {
    for (const { path, layers } of explanationsOf(stackSettings, resolvedSettings(stack, stackSettings))) {
      const key = pathOf(path).at(-1) ?? "";
      for (const { position, around, does } of layers) {
        if (position === undefined || around !== undefined || does === "resets") continue;
        const there = textAt(join(stack.folder, position.file), position);
        expect(`${stack.name} ${there}`).toMatch(new RegExp(`^${stack.name} "?(mlstack:)?${key.replaceAll(/[/.]/g, "\\$&")}"?:`));
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(100);
});

// By the command itself: the tests' own loader moves the lines of the source.
test("every default has its place in the source", () => {
  const { stdout } = spawnSync(process.execPath, ["tools/cli.ts", "explain", "-s", "prod", "--json"], { encoding: "utf8" });
  const all: Explanation[] = JSON.parse(stdout);
  for (const { path, default: standard } of all.filter((one) => one.default.value !== undefined)) {
    const { position } = standard;
    expect(`${path}: ${position === undefined ? "no place" : textAt(join(ROOT, position.file), position)}`).toMatch(
      /^\S+ (default|prefault|describe)\(/,
    );
  }
  const replicas = all.find(({ path }) => path === "features.api.replicas");
  expect(replicas?.default).toMatchObject({ value: 2, position: { file: "components/feature-stack.ts" } });
});
