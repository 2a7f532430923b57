import { describe, expect, test } from "vitest";

import { mistakesFrom, resolvedFrom } from "../../support/layers.ts";

/** Mistakes of a file of that text alone. */
const wrong = (text: string) => mistakesFrom({ acme: text }, "acme");

describe("text that is no right YAML has a place and a sentence", () => {
  test.each([
    ["an empty file", "", "Pulumi.acme.yaml:1:1 the file is empty; it begins with config:"],
    ["only a comment", "# nothing yet\n", "Pulumi.acme.yaml:1:1 the file is empty; it begins with config:"],
    ["a list", "- config\n", "Pulumi.acme.yaml:1:1 the file must be a map with config:"],
    ["a text", "config\n", "Pulumi.acme.yaml:1:1 the file must be a map with config:"],
    ["config that is no map", "config: [a]\n", "Pulumi.acme.yaml:1:9 config must be a map of settings such as mlstack:platform"],
    ["a misspelt config", "confg: {}\n", 'Pulumi.acme.yaml:1:1 unknown key "confg"; did you mean "config"?'],
    ["settings beside config", "mlstack:features: {}\nconfig: {}\n", "Pulumi.acme.yaml:1:1 mlstack:features belongs below config:"],
    [
      "a key twice",
      "config:\n  mlstack:features: {}\n  mlstack:features: {}\n",
      "Pulumi.acme.yaml:3:3 the key is in this map already; keep one of the two",
    ],
    [
      "a key of a part twice",
      "config:\n  mlstack:features:\n    seed: 1\n    seed: 2\n",
      "Pulumi.acme.yaml:4:5 the key is in this map already",
    ],
    ["a tab", "config:\n\tmlstack:features: {}\n", "Pulumi.acme.yaml:2:1 a tab cannot indent YAML; use spaces"],
    ["a quote that does not end", 'config:\n  mlstack:baseImage: "debian\n', "Pulumi.acme.yaml:3:1 "],
    ["a bracket that does not end", "config:\n  mlstack:features: { seed: 1\n", "Pulumi.acme.yaml:3:1 "],
    ["an alias", "config:\n  mlstack:features: &f { seed: 1 }\n  mlstack:feast: *f\n", "Pulumi.acme.yaml:3:18 the alias *f is not read"],
    ["a second document", "config: {}\n---\nconfig: {}\n", "a second document (---) is not read; make it a file of its own"],
    [
      "a tag of one's own",
      "config:\n  mlstack:features: { seed: !default }\n",
      "Pulumi.acme.yaml:2:29 a tag of one's own (!word) has no meaning here",
    ],
    [
      "a key of the project's own namespace",
      "config:\n  shop:features: {}\n",
      "Pulumi.acme.yaml:2:3 shop:features is read by nothing; settings begin with mlstack: in every project",
    ],
    ["a key without a namespace", "config:\n  features: {}\n", "Pulumi.acme.yaml:2:3 features is read by nothing"],
  ])("%s", (_, text, message) => expect(wrong(text)).toContainEqual(expect.stringContaining(message)));
});

describe("what Windows and editors do to a file changes nothing", () => {
  const text = "config:\n  mlstack:features:\n    seed: 3\n  mlstack:locked: [platform.nosuch]\n";

  test.each([
    ["line ends of Windows", text.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${text}`],
    ["no line end at the end", text.trimEnd()],
  ])("%s", (_, given) => {
    expect(resolvedFrom({ acme: given }, "acme").values["features"]).toEqual({ seed: 3 });
    expect(wrong(given)).toEqual([expect.stringContaining('Pulumi.acme.yaml:4:20 mlstack:locked: unknown setting "platform.nosuch"')]);
  });
});

test("what Pulumi itself keeps in the file is no mistake", () => {
  expect(wrong("encryptionsalt: v1:x\nsecretsprovider: passphrase\nconfig:\n  mlstack:features: {}\n  docker:host: unix:///x\n")).toEqual(
    [],
  );
});
