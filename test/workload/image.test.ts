import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { contentTag } from "../../components/workload/index.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-image-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
  writeFileSync(join(folder, "src", "a.py"), "1\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

const tag = (changes: Partial<Parameters<typeof contentTag>[0]> = {}) =>
  contentTag({ context: folder, dockerfile: "Dockerfile", args: {}, ...changes });

test("is the same for the same sources wherever they lie", () => {
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true });
  expect(tag({ context: copy })).toBe(tag());
  expect(tag()).toMatch(/^[0-9a-f]{12}$/);
  rmSync(copy, { recursive: true });
});

test("does not depend on the order of arguments", () => {
  expect(tag({ args: { A: "1", B: "2" } })).toBe(tag({ args: { B: "2", A: "1" } }));
});

test.each([
  ["a file's content", () => writeFileSync(join(folder, "src", "a.py"), "2\n"), {}],
  ["a new file", () => writeFileSync(join(folder, "src", "b.py"), ""), {}],
  ["an argument", () => {}, { args: { BASE: "debian" } }],
  ["the stage", () => {}, { target: "test" }],
  ["the Dockerfile's place", () => {}, { dockerfile: "other" }],
])("changes with %s", (_, change, spec) => {
  const before = tag();
  change();
  expect(tag(spec)).not.toBe(before);
});

test("does not change with what a test run or an editor leaves", () => {
  const before = tag();
  mkdirSync(join(folder, "src", "__pycache__"));
  writeFileSync(join(folder, "src", "__pycache__", "a.pyc"), "x");
  expect(tag()).toBe(before);
});
