import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { partsForShell } from "../../tools/commands/env.ts";
import { partsOf } from "../../tools/commands/pulumi.ts";
import { ROOT, stateFolder } from "../../tools/lib/folders.ts";
import { machineFile, saltOf, writeSettings } from "../../tools/setup/settings.ts";
import { examples, optionsOf, selectStack, wordsOf } from "../../tools/setup/stack.ts";

const root = resolve(ROOT);
let home: string;
const before = process.env["MLSTACK_STATE"];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-state-"));
  process.env["MLSTACK_STATE"] = home;
});
afterEach(() => {
  rmSync(home, { recursive: true });
  if (before === undefined) delete process.env["MLSTACK_STATE"];
  else process.env["MLSTACK_STATE"] = before;
});

describe("a command line means", () => {
  test.each([
    [{}, { folder: root, project: "mlstack", name: "dev" }],
    [{ stack: "prod" }, { folder: root, project: "mlstack", name: "prod" }],
    [{ example: "model-serving" }, { folder: join(root, "examples/model-serving"), project: "model-serving", name: "docker" }],
    [
      { example: "model-serving", stack: "kubernetes" },
      { folder: join(root, "examples/model-serving"), project: "model-serving", name: "kubernetes" },
    ],
    [{ cwd: "examples/cat-breeds" }, { folder: join(root, "examples/cat-breeds"), project: "cat-breeds", name: "docker" }],
    [{ cwd: "." }, { folder: root, project: "mlstack", name: "dev" }],
  ])("by %j: %j", (selection, stack) => expect(selectStack(selection)).toEqual(stack));

  test.each([
    [{ example: "model-servign" }, 'no system is called "model-servign"; did you mean "model-serving"?'],
    [{ example: "nosuch" }, `no system is called "nosuch" (examples: ${examples().join(", ")})`],
    [{ stack: "prdo" }, 'this project has no stack "prdo"; did you mean "prod"?'],
    [{ example: "model-serving", stack: "dcoker" }, 'examples/model-serving has no stack "dcoker"; did you mean "docker"?'],
    [{ cwd: "workloads" }, "workloads holds no Pulumi project"],
  ])("nothing by %j", (selection, message) => expect(() => selectStack(selection)).toThrow(message));

  test("a stack without a file whose state exists: it can still be taken down", () => {
    const stacks = join(home, "backend/.pulumi/stacks/mlstack");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "gone.json"), "{}");
    expect(selectStack({ stack: "gone" }).name).toBe("gone");
  });
});

test("a stack is written as commands take it", () => {
  const words = (selection: Parameters<typeof selectStack>[0]) => wordsOf(selectStack(selection));
  expect(words({})).toBe("");
  expect(words({ stack: "prod" })).toBe("-s prod");
  expect(words({ example: "model-serving" })).toBe("model-serving");
  expect(words({ example: "model-serving", stack: "kubernetes" })).toBe("model-serving -s kubernetes");
  expect(optionsOf(selectStack({ example: "model-serving" }))).toBe("-s docker -C examples/model-serving");
  expect(optionsOf(selectStack({}))).toBe("-s dev");
});

test("the Kubernetes provider is for stacks that run there", () => {
  expect(partsOf(selectStack({}))).toEqual(["core"]);
  expect(partsOf(selectStack({ stack: "prod" }))).toEqual(["core", "kubernetes"]);
  expect(partsOf(selectStack({ example: "model-serving", stack: "kubernetes" }))).toEqual(["core", "kubernetes"]);
});

test("a shell has the Kubernetes provider when a stack of this user runs there", () => {
  const deployed = (project: string, type: string) => {
    const stacks = join(home, "backend/.pulumi/stacks", project);
    mkdirSync(stacks, { recursive: true });
    const latest = { resources: [{ type, urn: "urn" }] };
    writeFileSync(join(stacks, "x.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
  };
  expect(partsForShell(selectStack({ stack: "prod" }))).toEqual(["core", "kubernetes"]);
  expect(partsForShell(selectStack({}))).toEqual(["core"]);
  deployed("one", "docker:index/container:Container");
  expect(partsForShell(selectStack({}))).toEqual(["core"]);
  deployed("other", "kubernetes:apps/v1:Deployment");
  expect(partsForShell(selectStack({}))).toEqual(["core", "kubernetes"]);
});

describe("a stack's files on this machine", () => {
  const dev = { folder: root, project: "mlstack", name: "dev" };
  const example = { folder: join(root, "examples/model-serving"), project: "model-serving", name: "docker" };

  test("are apart for each project, and leave the project's own as they are", () => {
    writeFileSync(machineFile(dev, "salt"), "v1:dev");
    writeFileSync(machineFile(example, "salt"), "v1:example");
    const tracked = readFileSync(join(example.folder, "Pulumi.docker.yaml"), "utf8");
    expect(readFileSync(writeSettings(example), "utf8")).toMatch(/mlstack:tracking:.*encryptionsalt: v1:example\n$/s);
    expect(readFileSync(writeSettings(dev), "utf8")).toMatch(/encryptionsalt: v1:dev\n$/);
    expect(readFileSync(join(example.folder, "Pulumi.docker.yaml"), "utf8")).toBe(tracked);
  });

  test("of a time when only this project had stacks are found again", () => {
    mkdirSync(join(stateFolder(), "stacks"), { recursive: true });
    writeFileSync(join(stateFolder(), "stacks", "dev.salt"), "v1:former");
    expect(saltOf(dev)).toBe("v1:former");
    expect(saltOf(example)).toBeUndefined();
    expect(readFileSync(join(stateFolder(), "stacks", "dev.salt"), "utf8")).toBe("v1:former");
  });

  test("take a lost salt from the state", () => {
    const stacks = join(home, "backend/.pulumi/stacks/model-serving");
    mkdirSync(stacks, { recursive: true });
    const latest = { secrets_providers: { type: "passphrase", state: { salt: "v1:state" } } };
    writeFileSync(join(stacks, "docker.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
    expect(saltOf(example)).toBe("v1:state");
  });
});
