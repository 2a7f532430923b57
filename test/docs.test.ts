import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { checkSettings } from "../infra/check.ts";
import { layerOf } from "../infra/layers/layer.ts";
import { plainOf } from "../infra/layers/said.ts";
import { secretPlaces } from "../infra/secrets.ts";
import { stackSettings } from "../infra/stack.ts";
import { choose, type Suite, workloadNames } from "../tools/commands/suites.ts";
import { blocksIn, brokenLinks, brokenPaths, codeIn, commandsIn, type Document, documents, ROOT } from "./support/documents.ts";

const all = documents();
const packageFile = z
  .object({
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    peerDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
const examples = readdirSync(join(ROOT, "examples"), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

function named(path: string): Document {
  const document = all.find((one) => one.path === path);
  if (document === undefined) throw new Error(`there is no ${path}`);
  return document;
}

describe.each(all)("$path", (document) => {
  test("links to files and headings that exist", () => expect(brokenLinks(document)).toEqual([]));

  test("names files and folders that exist", () => expect(brokenPaths(document)).toEqual([]));

  test("names settings that exist", () => {
    const keys = codeIn(document).flatMap((code) => [...code.matchAll(/mlstack:[A-Za-z][\w.-]*/g)].map(([key]) => key));
    const settings = keys.filter((key) => !key.startsWith("mlstack:index") && !key.startsWith("mlstack:extends"));
    expect(settings.filter((key) => !isSetting(key))).toEqual([]);
  });

  test("shows stack files without a mistake", () => {
    const files = blocksIn(document, "yaml").map((block) =>
      z.looseObject({ config: z.record(z.string(), z.unknown()).optional() }).parse(parse(block)),
    );
    for (const { config } of files) {
      if (config === undefined) continue;
      const { said, mistakes } = layerOf({
        name: "shown",
        file: "shown",
        folder: ROOT,
        values: Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^mlstack:/, ""), value])),
        positionOf: () => undefined,
      });
      expect(mistakes).toEqual([]);
      expect(
        checkSettings(stackSettings, plainOf(said)).mistakes.filter(({ path }) => !isSecret(path) && !isInherited(path, config)),
      ).toEqual([]);
    }
  });

  test("has no word of a riddle", () => {
    expect(document.text.match(/\b(nobody|somebody|whoever|anew|mend(ed|s)?|is told|are told)\b/gi) ?? []).toEqual([]);
  });
});

describe("commands of the documents", () => {
  const commands = all.flatMap((document) => commandsIn(document).map((command) => ({ path: document.path, command })));
  const ours = commands.flatMap(({ path, command }) => {
    const found = /(?:^|\s|\()npm (?:run (?:-s )?)?([a-z:]+)(?: (.*))?$/.exec(command.replace(/[)"].*$/, ""));
    const [, script = "", rest = ""] = found ?? [];
    const isScript = found !== null && (/npm (run|start|test)\b/.test(command) || script in packageFile.scripts);
    return isScript ? [{ path, command, script, words: rest.split(/\s+/).filter((word) => word !== "") }] : [];
  });

  test("there are some", () => expect(ours.length).toBeGreaterThan(20));

  test.each(ours)("$path: $command", ({ script, words }) => {
    const [, command] = /bootstrap\.mjs ([a-z:]+)/.exec(packageFile.scripts[script] ?? "") ?? [];
    expect(command, `package.json has no script ${script}`).toBeDefined();
    // npm takes what comes before a first --.
    const given = script === "pulumi" || words[0] === "--" ? words.filter((word, at) => at > 0 || word !== "--") : [];
    expect(words.length === 0 || given.length > 0, `npm itself would take "${words[0]}": put -- before it`).toBe(true);
    if (command === "pulumi") return expect(unknownToPulumi(given)).toEqual([]);
    const until = given.indexOf("--");
    const options = (until < 0 ? given : given.slice(0, until)).filter((word) => /^-/.test(word));
    const help = helpOf(command ?? "");
    expect(options.filter((option) => !new RegExp(`(^|[\\s,])${option}([\\s,]|$)`, "m").test(help))).toEqual([]);
    const suite = SUITES.get(command ?? "");
    const chosen = given.filter((word) => word !== "NAME");
    if (suite !== undefined) choose(suite, chosen, suite === "unit" || suite === "workloads" ? workloadNames() : []);
    if (ON_EXAMPLE.has(command ?? "")) expect(given.slice(0, 1).filter((word) => !isSystem(word))).toEqual([]);
  });
});

/** Commands that take the name of an example. */
const ON_EXAMPLE = new Set(["start", "stop", "repair", "env", "render"]);
/** What the words of a command that runs tests choose from. */
const SUITES = new Map<string, Suite>([
  ["test", "unit"],
  ["test:unit", "unit"],
  ["test:workloads", "workloads"],
  ["test:integration", "integration"],
  ["test:kubernetes", "kubernetes"],
]);

const helps = new Map<string, string>();
function helpOf(command: string): string {
  const known = helps.get(command);
  if (known !== undefined) return known;
  const { stdout, status, stderr } = spawnSync(process.execPath, [join(ROOT, "tools", "cli.ts"), command, "--help"], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  helps.set(command, stdout);
  return stdout;
}

/** A folder of examples/, an option, or the place of one. */
function isSystem(word: string): boolean {
  return examples.includes(word) || /^(-.*|NAME)$/.test(word);
}

/** Pulumi's own words, as far as the documents use them, and mlstack's two. */
const PULUMI = /^(preview|up|destroy|refresh|cancel|config (set|get)|stack( (init|ls|output|rm|export))?|policy analyze)$/;
const OPTIONS = new Set([
  "-s",
  "--stack",
  "-C",
  "--cwd",
  "--secret",
  "--path",
  "--offline",
  "--diff",
  "--show-secrets",
  "--policy-pack",
  "--policy-pack-config",
  "--file",
]);

function unknownToPulumi(words: readonly string[]): string[] {
  const [first = "", second = ""] = words;
  const isKnown = PULUMI.test(first) || PULUMI.test(`${first} ${second}`) || /^[A-Z…]/.test(first) || first === "";
  return [...(isKnown ? [] : [first]), ...words.filter((word) => word.startsWith("-") && !OPTIONS.has(word))];
}

type Schema = { readonly [key: string]: unknown };
const schema: Schema = JSON.parse(readFileSync(join(ROOT, "infra", "stack.schema.json"), "utf8"));

/** Whether a stack file may have a key: `mlstack:features.api.replicas`. Words in capitals stand for any name. */
function isSetting(key: string): boolean {
  const [first = "", ...rest] = key.split(".");
  return [[first, ...rest]].every(
    (path) => path.reduce<Schema[]>((at, part) => at.flatMap((one) => below(one, part)), [root()]).length > 0,
  );
}

function root(): Schema {
  return member(member(schema, "properties"), "config");
}

function below(given: Schema, key: string): Schema[] {
  return variantsOf(given).flatMap((one) => {
    const { [key]: property } = member(one, "properties");
    if (isSchema(property)) return [property];
    const { additionalProperties } = one;
    return isSchema(additionalProperties) ? [additionalProperties] : [];
  });
}

/** The schema itself, or those of which one must hold. */
function variantsOf(given: Schema): Schema[] {
  const reference = given["$ref"];
  if (typeof reference === "string") return variantsOf(reference.split("/").slice(1).reduce(member, schema));
  const inner = ["anyOf", "oneOf", "allOf"].flatMap((word) => {
    const { [word]: list } = given;
    return Array.isArray(list) ? list.filter(isSchema).flatMap(variantsOf) : [];
  });
  return [given, ...inner];
}

function member(given: Schema, key: string): Schema {
  const { [key]: value } = given;
  return isSchema(value) ? value : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const secrets = secretPlaces(stackSettings).map(({ path }) => path.join("."));

/** Whether a path of a mistake is that of a secret, which a document cannot show. */
/** What a file that extends another leaves to that. */
function isInherited(path: string, config: Readonly<Record<string, unknown>>): boolean {
  return "mlstack:extends" in config && path === "mlstack:platform";
}

function isSecret(path: string): boolean {
  return secrets.some((place) => new RegExp(`^mlstack:${place.replaceAll(".", "\\.").replaceAll("*", "[^.]+")}$`).test(path));
}

test("docs/settings.md lists every secret, and only secrets", () => {
  const section =
    named("docs/settings.md")
      .text.split(/^## Secrets$/m)[1]
      ?.split(/^## /m)[0] ?? "";
  const table = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .join("\n");
  const listed = codeIn({ path: "", text: table }).filter((code) => code.startsWith("mlstack:"));
  const places = listed.map((code) => code.slice("mlstack:".length).replace(/\b[A-Z]{2,}\b/g, "*"));
  // Where one secret is allowed, several may be: the list needs no row of its own.
  const single = secrets.filter((place) => !(place.endsWith(".*") && secrets.includes(place.slice(0, -".*".length))));
  expect(places.sort()).toEqual(single.sort());
});

describe("README.md", () => {
  const readme = named("README.md");
  const lines = readme.text.split("\n");

  test("has at most 130 lines", () => expect(lines.length - 1).toBeLessThanOrEqual(130));

  test.each(examples)("shows the command of %s on its first screen", (example) => {
    expect(lines.slice(0, 50).join("\n")).toContain(`npm start -- ${example}`);
  });

  test("lists every component", async () => {
    const { ComponentResource } = await import("@pulumi/pulumi");
    const components = Object.entries(await import("../components/index.ts")).flatMap(([name, value]) =>
      typeof value === "function" && value.prototype instanceof ComponentResource ? [name] : [],
    );
    expect(components.length).toBeGreaterThan(5);
    expect(components.filter((name) => !readme.text.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test("lists every package that the library needs", () => {
    const needed = [...Object.keys(packageFile.dependencies), ...Object.keys(packageFile.peerDependencies)];
    expect(needed.filter((name) => !readme.text.includes(`\`${name}\``))).toEqual([]);
  });
});
