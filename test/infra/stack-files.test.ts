import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { checkFiles } from "../../infra/check.ts";
import { filesIn, layerIn } from "../../infra/layers/disk.ts";
import { resolveLayers } from "../../infra/layers/resolve.ts";
import { stackSettings } from "../../infra/stack.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const files = ["Pulumi.dev.yaml", "Pulumi.prod.yaml", ...globSync("examples/*/Pulumi.*.yaml", { cwd: ROOT })];

/** Secrets that a stack of an example is given by `npm start`, or by hand. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  "examples/model-serving": ["mlstack:tracking.admin.password"],
  "examples/image-classifier": ["mlstack:serving.api.edge.keys.demo"],
};

describe.each(files)("%s", (file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  const document: { config: Record<string, unknown> } = parse(text);
  const secrets = SECRETS[dirname(file)] ?? [];

  // Plain Pulumi writes it beside the settings; with another machine's passphrase nobody can read the stack then.
  test("brings no salt of one machine's passphrase", () => {
    expect(document).not.toHaveProperty("encryptionsalt");
  });

  test("is right as it is shipped, but for the secrets that it is still to be given", () => {
    const root = dirname(join(ROOT, file));
    const project = { root, name: basename(root) };
    const own = layerIn(join(ROOT, file), project, { name: /Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? "" });
    const { mistakes, missing } = checkFiles(stackSettings, resolveLayers(own, filesIn(project), stackSettings, root));
    expect(mistakes).toEqual([]);
    expect(missing).toEqual(secrets);
  });

  test("names the schema that editors complete it by", () => {
    const named = /^# yaml-language-server: \$schema=(\S+)/.exec(text)?.[1] ?? "";
    expect(join(dirname(file), named)).toBe("infra/stack.schema.json");
  });
});
