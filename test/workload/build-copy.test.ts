import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { copyBuild } from "../../components/workload/build/copy.ts";
import { type Build, contentTag } from "../../components/workload/build/tag.ts";

let folder: string;
let sources: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-copy-"));
  sources = join(folder, "sources");
  write("Dockerfile", "FROM scratch\nCOPY . /\n");
  write("bin/start", "#!/bin/sh\nexec sleep 1\n", 0o755);
  write("src/a.py", "1\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(sources, path)), { recursive: true });
  writeFileSync(join(sources, path), text);
  chmodSync(join(sources, path), mode);
}

const build = (changes: Partial<Build> = {}): Build => ({ context: sources, dockerfile: "Dockerfile", args: {}, ...changes });
const copy = (changes: Partial<Build> = {}) => copyBuild(build(changes), join(folder, "copy"));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("holds what may be read, under modes that every user of an image can read by", () => {
  write("src/a.py", "1\n", 0o600);
  write("bin/start", "#!/bin/sh\nexec sleep 1\n", 0o700);
  chmodSync(join(sources, "src"), 0o700);
  const umask = process.umask(0o077);
  const { context, dockerfile } = copy();
  process.umask(umask);
  expect(dockerfile).toBe("Dockerfile");
  const modes = ["", "src", "src/a.py", "bin/start", "Dockerfile"].map((path) => modeOf(join(context, path)));
  expect(modes).toEqual(["755", "755", "644", "755", "644"]);
  expect(readFileSync(join(context, "src/a.py"), "utf8")).toBe("1\n");
  expect(modeOf(join(sources, "src/a.py"))).toBe("600");
});

test("has the tag of its sources", () => {
  write("src/a.py", "1\r\n", 0o600);
  write("bin/start", "#!/bin/sh\r\nexec sleep 1\r\n", 0o700);
  const { context } = copy();
  expect(contentTag(build({ context }))).toBe(contentTag(build()));
});

test("ends the lines of scripts and of the Dockerfile with LF, and leaves all other files and the sources as they are", () => {
  write("Dockerfile", "FROM scratch\r\nCOPY . /\r\n");
  write("bin/start", "#!/bin/sh\r\nexec sleep 1\r\n", 0o755);
  write("lib.sh", "a=1\r\n");
  write("src/data.csv", "a,b\r\n");
  const { context } = copy();
  const texts = (root: string) =>
    ["Dockerfile", "bin/start", "lib.sh", "src/data.csv"].map((path) => readFileSync(join(root, path), "utf8"));
  expect(texts(context)).toEqual(["FROM scratch\nCOPY . /\n", "#!/bin/sh\nexec sleep 1\n", "a=1\n", "a,b\r\n"]);
  expect(texts(sources)).toEqual(["FROM scratch\r\nCOPY . /\r\n", "#!/bin/sh\r\nexec sleep 1\r\n", "a=1\r\n", "a,b\r\n"]);
});

test("leaves out what is ignored, what editors leave, and what belongs to running programs; links stay links", () => {
  write(".dockerignore", "notes\n");
  write("notes/a", "x");
  write("src/.a.py.swp", "x");
  symlinkSync("../notes", join(sources, "src/link"));
  execFileSync("mkfifo", [join(sources, "src/pipe")]);
  const { context } = copy();
  expect(["notes", "src/.a.py.swp", "src/pipe"].filter((path) => existsSync(join(context, path)))).toEqual([]);
  expect(lstatSync(join(context, "src/link")).isSymbolicLink() && readlinkSync(join(context, "src/link"))).toBe("../notes");
});

test("has the Dockerfile and the rules that hold, ignored or not, and wherever they are", () => {
  write(".dockerignore", "Dockerfile\n.dockerignore\n");
  expect(["Dockerfile", ".dockerignore"].map((path) => existsSync(join(copy().context, path)))).toEqual([true, true]);
  write("../Other", "FROM scratch\n");
  write("../Other.dockerignore", "src\n");
  const { context, dockerfile } = copy({ dockerfile: "../Other" });
  expect(dockerfile).toBe(join(folder, "copy", "Dockerfile"));
  expect(readFileSync(dockerfile, "utf8")).toBe("FROM scratch\n");
  expect(readFileSync(`${dockerfile}.dockerignore`, "utf8")).toBe("src\n");
  expect(existsSync(join(context, "src"))).toBe(false);
});

test("has an empty folder that the Dockerfile names, and takes the place of an older copy", () => {
  write("Dockerfile", "FROM scratch\nCOPY empty/ /empty/\n");
  mkdirSync(join(sources, "empty"));
  mkdirSync(join(folder, "copy/context/old"), { recursive: true });
  const { context } = copy();
  expect(statSync(join(context, "empty")).isDirectory()).toBe(true);
  expect(existsSync(join(context, "old"))).toBe(false);
});

test("costs no second copy of a file that is right as it is", () => {
  const { context } = copy();
  expect(statSync(join(context, "src/a.py")).ino).toBe(statSync(join(sources, "src/a.py")).ino);
});
