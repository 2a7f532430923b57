import { describe, expect, test } from "vitest";

import { configFileOf, folderOf, readsSettings, stackOf, withSettings, wordsIn } from "../../tools/commands/arguments.ts";

describe("Pulumi's arguments", () => {
  const file = (stack: string) => `/state/Pulumi.${stack}.yaml`;
  test.each([
    [
      ["up", "--stack", "dev"],
      ["up", "--stack", "dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["preview", "-s", "dev", "--diff"],
      ["preview", "-s", "dev", "--diff", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["preview", "--stack=dev"],
      ["preview", "--stack=dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["-C", "examples/model-serving", "preview", "-s", "docker"],
      ["-C", "examples/model-serving", "preview", "-s", "docker", "--config-file", "/state/Pulumi.docker.yaml"],
    ],
    [["up"], ["up"]],
    [
      ["config", "set", "a", "b", "-s", "dev"],
      ["config", "set", "a", "b", "-s", "dev"],
    ],
    [
      ["config", "get", "a", "-s", "dev"],
      ["config", "get", "a", "-s", "dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["config", "-s", "dev"],
      ["config", "-s", "dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["stack", "ls"],
      ["stack", "ls"],
    ],
    [
      ["up", "-s", "dev", "--config-file", "mine.yaml"],
      ["up", "-s", "dev", "--config-file", "mine.yaml"],
    ],
  ])("%j become %j", (given, expected) => expect(withSettings(given, file)).toEqual(expected));

  test.each([
    [["up", "-s", "dev"], "dev", undefined],
    [["up", "-sdev", "-Cexamples/a"], "dev", "examples/a"],
    [["up", "--stack=dev", "--cwd=examples/a"], "dev", "examples/a"],
    [["-C", "examples/a", "stack"], undefined, "examples/a"],
    [["up", "--", "-s", "dev"], undefined, undefined],
    [["up", "--skip-preview"], undefined, undefined],
  ])("%j mean stack %s in folder %s", (args, stack, folder) => {
    expect(stackOf(args)).toBe(stack);
    expect(folderOf(args)).toBe(folder);
  });

  test.each([
    [["up", "--config-file", "mine.yaml"], "mine.yaml"],
    [["up", "--config-file=mine.yaml"], "mine.yaml"],
    [["up", "--config", "a=b"], undefined],
  ])("%j name the settings %s", (args, file) => expect(configFileOf(args)).toBe(file));

  test("are words and options", () => {
    expect(wordsIn(["-C", "examples/a", "stack", "init", "x", "--non-interactive", "-s", "y"])).toEqual(["stack", "init", "x"]);
    expect(readsSettings(["-s", "up", "stack", "output"])).toBe(false);
    expect(readsSettings(["-s", "x", "up"])).toBe(true);
  });
});
