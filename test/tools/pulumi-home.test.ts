import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { quietPulumiHome } from "../../tools/setup/pulumi-home.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("logs of earlier runs go, and no further ones can be written", () => {
  mkdirSync(join(home, "logs"));
  writeFileSync(join(home, "logs", "a.log"), "x");
  writeFileSync(join(home, "credentials.json"), "{}");
  expect(quietPulumiHome(home)).toBe(home);
  expect(statSync(join(home, "logs")).isFile()).toBe(true);
  expect(existsSync(join(home, "credentials.json"))).toBe(true);
});

test("a home that is quiet already stays as it is", () => {
  quietPulumiHome(join(home, "new"));
  writeFileSync(join(home, "new", "logs"), "mine");
  quietPulumiHome(join(home, "new"));
  expect(readFileSync(join(home, "new", "logs"), "utf8")).toBe("mine");
});
