import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { contentTag } from "../../components/workload/build/tag.ts";
import { imageSpec } from "../../components/workload/index.ts";

const DOCKERFILE = `ARG BASE=scratch
FROM \${BASE} AS runtime
COPY src/ /src/

FROM runtime AS test
COPY tests/ /tests/
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-image-"));
  write("Dockerfile", DOCKERFILE);
  write("other", "FROM scratch\n");
  write("src/a.py", "1\n");
  write("tests/test_a.py", "1\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const tag = (changes: Partial<Parameters<typeof contentTag>[0]> = {}) =>
  contentTag({ context: folder, dockerfile: "Dockerfile", args: {}, target: "runtime", ...changes });

/** The tag of a build of one stage with `lines`, before and after `change`. */
function tags(lines: string, change: () => void, target?: string): [string, string] {
  write("Dockerfile", lines);
  const before = tag({ target });
  change();
  return [before, tag({ target })];
}

test("is the same for the same sources wherever they lie", () => {
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true });
  expect(tag({ context: copy })).toBe(tag());
  expect(tag()).toMatch(/^[0-9a-f]{12}$/);
  rmSync(copy, { recursive: true });
});

test("does not depend on the order of arguments", () => {
  write("Dockerfile", "ARG A\nARG B\nFROM $A$B\n");
  expect(tag({ target: undefined, args: { A: "1", B: "2" } })).toBe(tag({ target: undefined, args: { B: "2", A: "1" } }));
  expect(tag({ target: undefined, args: { A: "1", B: "2" } })).not.toBe(tag({ target: undefined, args: { A: "2", B: "1" } }));
});

test.each([
  ["a file's content", () => write("src/a.py", "2\n"), {}],
  ["a new file", () => write("src/b.py", ""), {}],
  ["a renamed file", () => renameSync(join(folder, "src/a.py"), join(folder, "src/b.py")), {}],
  ["an argument", () => {}, { args: { BASE: "debian" } }],
  ["the stage", () => {}, { target: "test" }],
  ["another Dockerfile", () => {}, { dockerfile: "other", target: undefined }],
  ["the default of an argument", () => write("Dockerfile", DOCKERFILE.replace("scratch", "debian")), {}],
  ["an instruction", () => write("Dockerfile", DOCKERFILE.replace("/src/\n", "/srv/\n")), {}],
  ["who may execute a file", () => chmodSync(join(folder, "src/a.py"), 0o755), {}],
])("changes with %s", (_, change, spec) => {
  const before = tag();
  change();
  expect(tag(spec)).not.toBe(before);
});

test.each([
  ["a test of the workload", () => write("tests/test_a.py", "2\n")],
  ["a file of no stage", () => write("README.md", "read me\n")],
  ["the Dockerfile of another image", () => write("other", "FROM debian\n")],
  ["an instruction of another stage", () => write("Dockerfile", DOCKERFILE.replace("/tests/\n", "/checks/\n"))],
  ["a comment in the Dockerfile", () => write("Dockerfile", DOCKERFILE.replace("COPY src", "# The sources.\n\nCOPY src"))],
  ["CR LF line ends of the Dockerfile", () => write("Dockerfile", DOCKERFILE.replaceAll("\n", "\r\n"))],
  ["CR LF line ends of a file", () => write("src/a.py", "1\r\n")],
  ["a file that others cannot read", () => chmodSync(join(folder, "src/a.py"), 0o600)],
  ["a folder that others cannot enter", () => chmodSync(join(folder, "src"), 0o700)],
  ["the time of a checkout", () => utimesSync(join(folder, "src/a.py"), 1, 1)],
  ["a folder that git would not keep", () => mkdirSync(join(folder, "src/empty"))],
])("does not change with %s", (_, change) => {
  const before = tag();
  change();
  expect(tag()).toBe(before);
});

test.each([
  ["__pycache__/a.pyc", "src/__pycache__/a.pyc"],
  ["a checker's cache", "src/.mypy_cache/3.11/a.json"],
  ["a swap file", "src/.a.py.swp"],
  ["a backup", "src/a.py~"],
  ["what a file manager leaves", "src/.DS_Store"],
])("does not change with what a test run or an editor leaves: %s", (_, path) => {
  const before = tag();
  write(path, "x");
  expect(tag()).toBe(before);
});

test("does not change with an editor's lock, a pipe or a socket, and waits for none of them", async () => {
  const before = tag();
  symlinkSync("me@host.1:2", join(folder, "src/.#a.py"));
  execFileSync("mkfifo", [join(folder, "src/pipe")]);
  const server = createServer().listen(join(folder, "src/socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  expect(tag()).toBe(before);
  await new Promise((resolve) => server.close(resolve));
});

test("takes in a link as what it says, whether it leads anywhere or not", () => {
  const plain = tag();
  symlinkSync("nowhere", join(folder, "src/link"));
  const dangling = tag();
  rmSync(join(folder, "src/link"));
  symlinkSync("../tests", join(folder, "src/link"));
  expect(new Set([plain, dangling, tag()]).size).toBe(3);
});

test("reads on behind the first million bytes, and takes a CR LF between two reads for one line end", () => {
  const long = `${"x".repeat((1 << 20) - 1)}\n`;
  write("src/a.py", `${long}1\n`);
  const before = tag();
  write("src/a.py", `${long.replace("\n", "\r\n")}1\r\n`);
  expect(tag()).toBe(before);
  write("src/a.py", `${long}2\n`);
  expect(tag()).not.toBe(before);
});

test("distinguishes the line ends of a binary file", () => {
  write("src/model.bin", Buffer.from([0, 13, 10]));
  const before = tag();
  write("src/model.bin", Buffer.from([0, 10]));
  expect(tag()).not.toBe(before);
});

describe("of a Dockerfile", () => {
  const edit = (path: string) => () => write(path, "changed\n");

  test.each([
    ["names a file", "FROM a\nCOPY src/a.py /x"],
    ["names a folder", "FROM a\nCOPY --chown=1:1 --link ./src /x"],
    ["names everything", "FROM a\nADD . /x"],
    ["has the form of a list", 'FROM a\nCOPY ["src/a.py", "/a b"]'],
    ["has a pattern", "FROM a\nCOPY s*c/?.py /x/"],
    ["has a pattern of a folder", "FROM a\nCOPY s* /x/"],
    ["has a variable as source", "FROM a\nARG APP=src\nCOPY $APP /x"],
    ["has quotes", 'FROM a\nCOPY "src/a.py" /x'],
    ["has a class of characters", "FROM a\nCOPY [s]rc/a.py /x"],
    ["goes over several lines", "FROM a\nCOPY \\\n  # why\n  src/a.py \\\n  /x"],
    ["has another escape character", "# escape=`\nFROM a\nCOPY `\n  src/a.py /x"],
    ["has a here-document beside", "FROM a\nCOPY <<EOF src/a.py /x/\nFROM b\nEOF"],
    ["mounts the context", "FROM a\nRUN --mount=target=/x make"],
    ["mounts a folder", "FROM a\nRUN --mount=type=bind,source=src,target=/x make"],
    ["copies from a stage before", "FROM a AS one\nCOPY src/a.py /x\nFROM b\nCOPY --from=one /x /x"],
    ["copies from a numbered stage", "FROM a\nCOPY src/a.py /x\nFROM b\nCOPY --from=0 /x /x"],
    ["mounts a stage before", "FROM a AS one\nCOPY src/a.py /x\nFROM b\nRUN --mount=from=one,target=/x make"],
    ["begins from a stage before", "FROM a AS One\nCOPY src/a.py /x\nFROM one"],
    ["begins from a stage that an argument names", "ARG KIND=one\nFROM a AS one\nCOPY src/a.py /x\nFROM $KIND"],
    ["begins from what it cannot know", `FROM a AS one\nCOPY src/a.py /x\nFROM \${KIND:-one}`],
    ["has a trigger that copies", "FROM a\nONBUILD COPY src /x"],
    ["has a line that is no instruction", "FROM a\nCOPPY src /x"],
  ])("that %s, changes with that file", (_, lines) => {
    const [before, after] = tags(lines, edit("src/a.py"));
    expect(after).not.toBe(before);
  });

  test.each([
    ["names another file", "FROM a\nCOPY src/b.py /x"],
    ["has a pattern that does not fit", "FROM a\nCOPY src/*.txt /x/"],
    ["has a pattern for one folder less", "FROM a\nCOPY *.py /x/"],
    ["copies from another image", "FROM a\nCOPY --from=src /src/a.py /x"],
    ["takes text from a here-document alone", "FROM a\nCOPY <<EOF /x\nsrc/a.py\nEOF"],
    ["takes a file from an address", "FROM a\nADD https://example.com/src/a.py /x"],
    ["mounts another folder", "FROM a\nRUN --mount=type=bind,source=tests,target=/x make"],
    ["mounts a cache and a secret", "FROM a\nRUN --mount=type=cache,target=/c --mount=type=secret,id=s make"],
    ["copies it into a stage of no use", "FROM a AS one\nCOPY src/a.py /x\nFROM b"],
    ["has a trigger that copies nothing", "FROM a\nONBUILD USER 1"],
  ])("that %s, does not change with that file", (_, lines) => {
    const [before, after] = tags(lines, edit("src/a.py"));
    expect(after).toBe(before);
  });

  test("changes with the text of a here-document, with all that looks like a comment in it", () => {
    const [before, after] = tags("FROM a\nRUN <<EOF\n# one\nEOF", () => write("Dockerfile", "FROM a\nRUN <<EOF\n# two\nEOF"));
    expect(after).not.toBe(before);
  });

  test("changes with an argument exactly when a stage of the target uses it", () => {
    write("Dockerfile", "ARG A=1\nARG B=$A\nARG C=1\nFROM x:$B AS one\nFROM x:$C AS two\nARG D\n");
    const of = (target: string, args: Record<string, string>) => tag({ target, args });
    expect(of("one", { A: "2" })).not.toBe(of("one", {}));
    expect(of("one", { C: "2", D: "2" })).toBe(of("one", {}));
    expect(of("two", { A: "2", B: "2" })).toBe(of("two", {}));
    expect(of("two", { D: "2" })).not.toBe(of("two", {}));
    expect(of("two", { HTTPS_PROXY: "http://proxy" })).not.toBe(of("two", {}));
  });

  test("takes in the folder behind a link that it names", () => {
    symlinkSync("src", join(folder, "link"));
    const [before, after] = tags("FROM a\nCOPY link/ /x", edit("src/a.py"));
    expect(after).not.toBe(before);
  });

  test("takes in what it names, though an image seldom has it", () => {
    write(".git/HEAD", "main");
    const [before, after] = tags("FROM a\nCOPY .git/HEAD /x", edit(".git/HEAD"));
    expect(after).not.toBe(before);
  });

  test("knows whether a folder that it names is there", () => {
    const [before, after] = tags("FROM a\nCOPY empty/ /x/", () => mkdirSync(join(folder, "empty")));
    expect(after).not.toBe(before);
  });
});

describe("by .dockerignore", () => {
  test.each([
    ["a name", "src/a.py"],
    ["a folder", "src"],
    ["a pattern", "**/*.py"],
    ["everything", "*"],
    ["a comment, spaces and CR LF", "# mine\r\n\r\n  src/a.py  \r\n"],
  ])("leaves out what %s names", (_, text) => {
    write(".dockerignore", text);
    const [before, after] = tags("FROM a\nCOPY . /x", () => write("src/a.py", "changed"));
    expect(after).toBe(before);
  });

  test.each([
    ["takes back what an exception names", "*\n!src/a.py"],
    ["takes back what an exception with a pattern names", "**\n!**/a.py"],
    ["takes names in capitals for others", "SRC"],
    ["takes a plus for itself", "s+rc"],
  ])("%s", (_, text) => {
    write(".dockerignore", text);
    const [before, after] = tags("FROM a\nCOPY . /x", () => write("src/a.py", "changed"));
    expect(after).not.toBe(before);
  });

  test("takes back what is left out by itself", () => {
    write(".dockerignore", "!node_modules");
    const [before, after] = tags("FROM a\nCOPY . /x", () => write("node_modules/a.js", "changed"));
    expect(after).not.toBe(before);
  });

  test("goes by the file beside the Dockerfile first", () => {
    write(".dockerignore", "");
    write("Dockerfile.dockerignore", "src");
    const [before, after] = tags("FROM a\nCOPY . /x", () => write("src/a.py", "changed"));
    expect(after).toBe(before);
  });
});

test("of any tree and any set of copied paths, changes with a file exactly when that file is copied", () => {
  const name = fc.constantFrom("a", "b", "c.py", "d e", "f+g", "h(1)", ".i", "constructor");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const trees = fc
    .uniqueArray(path, { minLength: 1, maxLength: 8 })
    .map((paths) => paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`))));
  fc.assert(
    fc.property(trees, fc.array(path, { minLength: 1, maxLength: 3 }), fc.nat(), (paths, copied, which) => {
      const root = mkdtempSync(join(folder, "tree-"));
      const put = (file: string, text: string) => {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      };
      for (const file of paths) put(file, "1");
      put("Dockerfile", `FROM a\nCOPY ${JSON.stringify([...copied, "/x/"])}\n`);
      const before = tag({ context: root, target: undefined });
      const edited = paths[which % paths.length] ?? "";
      put(edited, "2");
      const isCopied = copied.some((source) => edited === source || edited.startsWith(`${source}/`));
      expect(tag({ context: root, target: undefined }) !== before).toBe(isCopied);
    }),
    { numRuns: 200 },
  );
});

test("however a Dockerfile is laid out, its tag changes with the file that its target copies, and with no other", () => {
  const space = fc.constantFrom(" ", "  ", "\t", " \\\n", " \\\n  # why\n  ", " \\ \n\n ");
  const flags = fc.subarray(["--chown=1:1", "--link", "--chmod=755"]);
  const word = (text: string) => fc.constantFrom(text, text.toLowerCase());
  const end = fc.constantFrom("\n", "\n\n", "\n# COPY tests /tests\n", "  \n");
  const copy = fc
    .tuple(word("COPY"), flags, fc.constantFrom("src", "./src/", "/src", "src/*", "s?c/a.py", "src/../src/a.py"), space, space, end)
    .map(([keyword, given, source, one, other, last]) => `${[keyword, ...given, source].join(one)}${other}/x/${last}`);
  const list = fc.tuple(word("ADD"), space, end).map(([keyword, one, last]) => `${keyword}${one}["src/a.py", "/x/"]${last}`);
  const run = fc.constantFrom("", "RUN echo 'COPY tests /x' \\\n && true\n", "RUN <<EOF\nFROM tests\nCOPY tests /tests\nEOF\n", "USER 1\n");
  const stage = fc
    .tuple(word("FROM"), space, space, end)
    .map(([keyword, one, two, last]) => `${keyword}${one}scratch${two}AS${two}wanted${last}`);
  const crlf = fc.boolean();
  fc.assert(
    fc.property(stage, run, fc.oneof(copy, list), run, crlf, (begin, before, copied, after, returns) => {
      const text = `FROM scratch AS other\nCOPY tests/ /tests/\n${begin}${before}${copied}${after}`;
      write("Dockerfile", returns ? text.replaceAll("\n", "\r\n") : text);
      const edited = (path: string) => {
        const first = tag({ target: "wanted" });
        write(path, `${first}\n`);
        return tag({ target: "wanted" }) !== first;
      };
      expect([edited("src/a.py"), edited("tests/test_a.py")]).toEqual([true, false]);
    }),
    { numRuns: 150 },
  );
});

describe("a build is refused", () => {
  const messages = (build: object) =>
    imageSpec.safeParse({ build: { context: folder, ...build } }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  test.each([
    ["without its Dockerfile", { dockerfile: "Dockerfle" }, 'build.dockerfile: must be a file, relative to the context, got "Dockerfle"'],
    ["with a folder as Dockerfile", { dockerfile: "src" }, 'build.dockerfile: must be a file, relative to the context, got "src"'],
    ["for a stage that is not there", { target: "runtme" }, 'build.target: Dockerfile has no stage "runtme"; did you mean "runtime"?'],
    ["for a stage like no other", { target: "production" }, 'build.target: Dockerfile has no stage "production"; known are runtime, test'],
    ["for a number too high", { target: "2" }, 'build.target: Dockerfile has no stage "2"; known are runtime, test'],
    [
      "with an argument of another name",
      { args: { BAES: "x" } },
      'build.args.BAES: Dockerfile has no ARG of that name; did you mean "BASE"?',
    ],
    [
      "on a base that is no reference",
      { base: "My Image:latest" },
      'build.base: must be an image of the platform, or a reference such as "debian:bookworm-slim", got "My Image:latest"',
    ],
    ["with a key that is not known", { targt: "runtime" }, 'build: unknown key "targt"; did you mean "target"?'],
    ["with two bases", { args: { BASE: "x" }, base: "y" }, "build.args.BASE: is what base sets; give one of the two"],
    [
      "with a base that is ignored",
      { dockerfile: "other", base: "y" },
      "build.base: needs `ARG BASE` before the first FROM of other, and a `FROM $BASE`",
    ],
  ])("%s", (_, build, message) => {
    expect(messages(build)).toEqual([message]);
  });

  test("never for an argument that every build takes", () => {
    expect(messages({ args: { http_proxy: "http://proxy" } })).toBeUndefined();
    expect(messages({ target: "1" })).toBeUndefined();
  });
});
