import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const files = ["Pulumi.dev.yaml", "Pulumi.prod.yaml", ...globSync("examples/*/Pulumi.*.yaml", { cwd: ROOT })];

// Plain Pulumi writes it beside the settings; with another machine's passphrase nobody can read the stack then.
test.each(files)("%s brings no salt of one machine's passphrase", (file) => {
  expect(parse(readFileSync(join(ROOT, file), "utf8"))).not.toHaveProperty("encryptionsalt");
});
