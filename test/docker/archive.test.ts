import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { filesInArchive } from "../../components/docker/archive.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "archive-"));
  mkdirSync(join(folder, "files"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, "files", name), text);
const archived = () => filesInArchive(execFileSync("tar", ["--format=ustar", "-C", folder, "-c", "files"]));

test("files are read by their names in the folder, whatever their length", () => {
  const all = { "a.txt": "one", empty: "", "block.conf": "x".repeat(512), "long.conf": `é${"y".repeat(1000)}` };
  for (const [name, text] of Object.entries(all)) write(name, text);
  expect(archived()).toEqual(all);
});

test("an empty folder has none", () => expect(archived()).toEqual({}));

test("what is no plain file is not known", () => {
  write("a.txt", "one");
  symlinkSync("a.txt", join(folder, "files", "link"));
  expect(archived()).toBeUndefined();
});
