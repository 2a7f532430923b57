import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";

import { type Dockerfile, parseDockerfile } from "../../components/workload/build/dockerfile.ts";
import { readDefinition } from "../../tools/release/definition.ts";
import { fromScratch, stagesTo } from "../../tools/release/stages.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-definition-"));
  mkdirSync(join(folder, "api"));
  writeFileSync(join(folder, "api", "Dockerfile"), "ARG BASE=debian\nFROM $BASE AS runtime\nRUN true\nFROM runtime AS test\n");
  mkdirSync(join(folder, "empty"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const right = { registry: "registry.example.com/ml", version: "1.4.0", images: { api: { context: "api", target: "runtime" } } };

/** Reads a file that says `changes` besides what is right; `null` takes a key out. */
function found(changes: Record<string, unknown> = {}, overrides = {}) {
  const file = join(folder, "release.yaml");
  const said = Object.entries({ ...right, ...changes }).filter(([, value]) => value !== null);
  writeFileSync(file, stringify(Object.fromEntries(said)));
  return readDefinition(file, overrides);
}

const mistakes = (changes: Record<string, unknown>, overrides = {}) =>
  found(changes, overrides).mistakes.map(({ path, message }) => `${path}: ${message}`);

test("a right file is read with every default", () => {
  expect(found()).toMatchObject({
    mistakes: [],
    definition: {
      registry: "registry.example.com/ml",
      version: "1.4.0",
      platforms: ["linux/amd64", "linux/arm64"],
      base: {},
      images: [{ name: "api", context: join(folder, "api"), dockerfile: "Dockerfile", target: "runtime", args: {} }],
    },
  });
});

test.each(globSync("examples/*/release.yaml"))("%s is right", (file) => expect(readDefinition(file).mistakes).toEqual([]));

test("a base is the same for every platform, or one for each", () => {
  expect(found({ base: "a" }).definition?.base).toEqual({ "linux/amd64": "a", "linux/arm64": "a" });
  expect(found({ base: { "linux/amd64": "a", "linux/arm64": "b" } }).definition?.base).toEqual({ "linux/amd64": "a", "linux/arm64": "b" });
});

test("the command line goes before the file, and is named where it is wrong", () => {
  const { definition } = found({}, { registry: "other.example.com", version: "2.0.0" });
  expect(definition).toMatchObject({ registry: "other.example.com", version: "2.0.0" });
  expect(mistakes({}, { version: "latest" })).toEqual([expect.stringMatching(/^--version: must be a fixed version .* got "latest"$/)]);
});

describe("a version", () => {
  test.each(["1.4.0", "v1.4.0", "2026.11.20", "1.4.0-rc.1"])("may be %s", (version) => expect(mistakes({ version })).toEqual([]));

  test.each(["latest", "dev", "", "1", "1.4", "main", "1.4.0-dev", "1.4.0-latest", "1.4.0-arm64", "1.4.0 ", "1.4.0+a", "1.4.0-", 1.4])(
    "may not be %j",
    (version) =>
      expect(mistakes({ version })).toEqual([expect.stringMatching(/^version: must be a fixed version of three numbers, such as 1\.4\.0/)]),
  );
});

describe("a registry", () => {
  test.each(["localhost", "localhost:5000/ml", "127.0.0.1:5000", "registry:5000", "a.example.com/team/ml_x"])("may be %s", (registry) =>
    expect(mistakes({ registry })).toEqual([]),
  );

  test.each(["https://a.example.com", "team", "team/ml", "a.example.com/", "a.example.com/ML", "a.example.com:x", "", "a.b/c:1.0"])(
    "may not be %j",
    (registry) =>
      expect(mistakes({ registry })).toEqual([
        `registry: must be host[:port][/path] without https://, such as registry.example.com/ml, got "${registry}"`,
      ]),
  );
});

describe("refuses", () => {
  const api = (changes: object) => ({ images: { api: { context: "api", ...changes } } });
  test.each([
    [{ registry: null }, "registry: is required (a string)"],
    [{ version: null }, "version: is required (a string)"],
    [{ bse: "x" }, ': unknown key "bse"; did you mean "base"?'],
    [{ platforms: [] }, "platforms: must name at least one of linux/amd64, linux/arm64"],
    [{ platforms: ["linux/arm"] }, 'platforms[0]: must be "linux/amd64" or "linux/arm64", got "linux/arm"'],
    [{ platforms: ["linux/amd64", "linux/amd64"] }, 'platforms[1]: "linux/amd64" is named twice'],
    [{ base: { "linux/amd64": "a" } }, "base.linux/arm64: is required, since platforms names it"],
    [{ base: 5 }, "base: must be an image, or one for each platform: { linux/amd64: …, linux/arm64: … }"],
    [{ base: "a", ...api({ args: { BASE: "b" } }) }, "images.api.args.BASE: is what base says already; leave one of the two out"],
    [{ images: {} }, "images: must name at least one image"],
    [{ images: { Api: { context: "api" } } }, 'images.Api: a name has lower-case letters, digits and inner . _ -, got "Api"'],
    [api({ contxt: "x" }), 'images.api: unknown key "contxt"; did you mean "context"?'],
    [api({ target: "runtme" }), 'images.api.target: must be a stage of the Dockerfile (runtime, test), got "runtme"'],
    [api({ args: { TORCH: "pypi" } }), "images.api.args.TORCH: the Dockerfile has no ARG TORCH; it has BASE"],
  ])("%j", (changes, message) => expect(mistakes(changes)).toEqual([message]));

  test("folders that cannot be built, with the paths that were looked at", () => {
    expect(mistakes({ images: { a: { context: "nowhere" }, b: { context: "empty" } } })).toEqual([
      `images.a.context: must be an existing folder, relative to the file, got "nowhere" (${join(folder, "nowhere")})`,
      `images.b.context: must be a folder with a Dockerfile; there is no ${join(folder, "empty", "Dockerfile")}`,
    ]);
  });

  test("a Dockerfile with a line that is no instruction", () => {
    writeFileSync(join(folder, "empty", "Broken"), "FROM scratch\nCOPPY a b\n");
    expect(mistakes({ images: { b: { context: "empty", dockerfile: "Broken" } } })).toEqual([
      `images.b.dockerfile: has a line that is no instruction (${join(folder, "empty", "Broken")})`,
    ]);
  });

  test("a base that a Dockerfile would ignore", () => {
    writeFileSync(join(folder, "empty", "Other"), "FROM scratch\n");
    const images = { b: { context: "empty", dockerfile: "Other" } };
    expect(mistakes({ images })).toEqual([]);
    expect(mistakes({ images, base: "a" })).toEqual([expect.stringMatching(/^images\.b: has no ARG BASE in its Dockerfile/)]);
  });

  test("everything at once", () => {
    const changes = {
      registry: "x",
      version: "dev",
      platforms: ["a", "a"],
      bse: 1,
      images: { api: { context: "api", x: 1, target: "y" } },
    };
    expect(mistakes(changes)).toHaveLength(8);
    expect(found(changes).definition).toBeUndefined();
  });

  test("what is no YAML, or is not there", () => {
    writeFileSync(join(folder, "release.yaml"), "a: [");
    expect(() => readDefinition(join(folder, "release.yaml"))).toThrow(/release\.yaml cannot be read: /);
    expect(() => readDefinition(join(folder, "none.yaml"))).toThrow(/none\.yaml cannot be read: ENOENT/);
  });
});

function parsedFile(text: string): Dockerfile {
  const file = parseDockerfile(text);
  if (file === undefined) throw new Error("has a line that is no instruction");
  return file;
}

describe("a base among the images", () => {
  const on = (bases: Record<string, string | undefined>) => ({
    images: Object.fromEntries(
      Object.entries(bases).map(([name, base]) => [name, { context: "api", ...(base === undefined ? {} : { base }) }]),
    ),
  });

  test("is built before what is built on it, and is not released", () => {
    const { definition } = found(on({ api: "python", python: "debian", debian: undefined, tool: undefined }));
    const names = (sources: readonly { name: string }[] = []) => sources.map(({ name }) => name);
    expect([names(definition?.bases), names(definition?.images)]).toEqual([
      ["debian", "python"],
      ["api", "tool"],
    ]);
  });

  test.each([
    [on({ api: "pyton", python: undefined }), ['images.api.base: must be an image of this file, got "pyton"; did you mean "python"?']],
    [on({ api: "api" }), ["images.api.base: leads back to the image itself"]],
    [on({ a: "b", b: "a", c: "a" }), ["images.a.base: leads back to the image itself", "images.b.base: leads back to the image itself"]],
    [
      { images: { api: { context: "api", base: "python", args: { BASE: "x" } }, python: { context: "api" } } },
      ["images.api.args.BASE: is what base says already; leave one of the two out"],
    ],
    [
      { images: { api: { context: "api", base: "python" }, python: { context: "nowhere" } } },
      [expect.stringContaining("images.python.context: ")],
    ],
  ])("is refused where it is none (%#)", (changes, messages) => expect(mistakes(changes)).toEqual(messages));
});

describe("a Dockerfile", () => {
  const text = [
    "# FROM comment",
    "arg BASE=a",
    "FROM --platform=$BUILDPLATFORM go AS Build",
    "ARG ONE TWO=2",
    "RUN go \\",
    "  # a comment in between",
    "  FROM",
    "FROM scratch AS files",
    "COPY <<EOF /x",
    "RUN not",
    "EOF",
    "FROM files",
    "RUN x",
  ].join("\n");
  const parsed = parsedFile(text);

  test("has its stages, and says which of them run programs of the platform", () => {
    expect(stagesTo(parsed, undefined)).toEqual([
      { name: "Build", from: "go", runs: false },
      { name: "files", from: "scratch", runs: false },
      { name: undefined, from: "files", runs: true },
    ]);
    expect([...parsed.args]).toEqual(["BASE", "ONE", "TWO"]);
  });

  test("is built up to the target, by name or number", () => {
    expect(stagesTo(parsed, "build")).toHaveLength(1);
    expect(stagesTo(parsed, "1")).toHaveLength(2);
    expect(stagesTo(parsed, undefined)).toHaveLength(3);
    expect(stagesTo(parsed, "3")).toBeUndefined();
  });

  test("begins from nothing, also through another stage", () => {
    const stages = stagesTo(parsed, undefined) ?? [];
    expect([1, 2, 3].map((count) => fromScratch(stages.slice(0, count)))).toEqual([false, true, true]);
  });
});
