import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Source {
  readonly path: string;
  readonly text: string;
  /** Paths, from the root, of the project's own files that it imports; packages by name. */
  readonly imports: readonly string[];
}

const sources = ["components", "infra", "examples", "tools", "bench", "policy"].flatMap((folder) => read(folder));

function read(folder: string): Source[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts"),
  );
  return files.map((file) => {
    const path = relative(ROOT, join(file.parentPath, file.name));
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });
}

function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/^(?:import|export)[^"']*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gms)].map(
    ([, named, bare, lazy]) => {
      const target = named ?? bare ?? lazy ?? "";
      return target.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(path), target)) : target;
    },
  );
}

/** Where a file stands, and what files of that place may import of the project. */
const LAYERS: readonly { readonly place: RegExp; readonly mayImport: RegExp }[] = [
  { place: /^components\/workload\/adapter\//, mayImport: /^components\/workload\// },
  { place: /^components\/workload\//, mayImport: /^components\/workload\/(?!adapter\/)/ },
  { place: /^components\/docker\//, mayImport: /^components\/(docker|workload)\// },
  { place: /^components\/kubernetes\//, mayImport: /^components\/(kubernetes|workload)\// },
  { place: /^components\/gateway\//, mayImport: /^components\/(gateway|parts|workload(?!\/adapter))\// },
  { place: /^components\/(parts|model)\//, mayImport: /^components\/(parts|model|workload(?!\/adapter))\// },
  { place: /^components\/pipeline\//, mayImport: /^components\/(database\.ts$|(pipeline|parts|workload(?!\/adapter))\/)/ },
  { place: /^components\/monitoring\//, mayImport: /^components\/(monitoring|gateway|parts|workload(?!\/adapter))\// },
  {
    place: /^components\/[^/]+\.ts$/,
    mayImport: /^components\/([^/]+\.ts$|(gateway|parts|model|pipeline|monitoring)\/|workload\/(?!adapter\/))/,
  },
  // The only place that names a target.
  { place: /^infra\/platform\.ts$/, mayImport: /^(infra|components)\// },
  // Errors are made cheap before the first one can be thrown.
  { place: /^infra\/program\.ts$/, mayImport: /^(infra\/|components\/[^/]+\.ts$|components\/workload\/(?!adapter\/(?!lean-errors)))/ },
  { place: /^infra\//, mayImport: /^(infra\/|components\/[^/]+\.ts$|components\/(gateway|model|workload)\/(?!adapter\/))/ },
  { place: /^examples\//, mayImport: /^(examples|infra|components)\// },
  // Which engine is meant is decided in one place, for the set-up too.
  {
    place: /^tools\//,
    mayImport:
      /^(tools|infra|bench)\/|^components\/[^/]+\.ts$|^components\/workload\/(?!adapter\/)|^components\/docker\/(engine-host|client-options)\.ts$/,
  },
  // What is true of a resource is decided by the adapters.
  { place: /^policy\//, mayImport: /^(policy|components)\// },
  { place: /^bench\//, mayImport: /^(bench|tools)\/|^components\/([^/]+|gateway\/haproxy)\.ts$|^components\/workload\/(?!adapter\/)/ },
];

test.each(sources)("$path imports only what its place allows", ({ path, imports }) => {
  const layer = LAYERS.find(({ place }) => place.test(path));
  const own = imports.filter((target) => /^(components|infra|examples|tools|bench|policy|test)\//.test(target));
  expect(own.filter((target) => !layer?.mayImport.test(target))).toEqual([]);
});

test("only the program's platform file loads an adapter", () => {
  const adapter = /^components\/(docker|kubernetes)\/(platform|task-run)\.ts$/;
  const outside = sources.filter(({ path }) => /^(infra|tools)\/|^components\/[^/]+\.ts$/.test(path));
  expect(outside.filter(({ imports }) => imports.some((target) => adapter.test(target))).map(({ path }) => path)).toEqual([
    "infra/platform.ts",
  ]);
});

describe("a component", () => {
  const components = sources.filter(({ path }) => /^components\/((parts|model|gateway|pipeline|monitoring)\/)?[^/]+\.ts$/.test(path));

  test.each(components)("$path knows no provider", ({ imports }) => {
    expect(imports.filter((target) => /^@pulumi\/(docker|kubernetes)/.test(target))).toEqual([]);
  });

  test.each(components)("$path creates no resource inside an apply", ({ text }) => {
    expect(text).not.toMatch(/\.apply\([^)]*=>[^;]*\bnew (docker|pulumi)\.[A-Z]/s);
  });
});

test.each(sources)("$path has at most 250 lines", ({ text }) => expect(text.split("\n").length).toBeLessThanOrEqual(251));

// Files of tests follow each other in one process, where a module is loaded once, and what one of them mocks is mocked for others.
test.each(read("test").filter(({ path }) => path.endsWith(".test.ts")))("$path mocks no module", ({ text }) => {
  expect(text).not.toMatch(/\bvi\.(mock|doMock|resetModules)\(/);
});

// Each removes at its end what the engine has under that name, and the suites of both targets run side by side.
test("no two integration tests name a stack alike", () => {
  const named = ["test/integration", "test/integration-kubernetes"]
    .flatMap((folder) => read(folder))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:TestStack\.create|lookedAtOn\w+|\w+Target)\("([^"]+)"/g)].map(([, name]) => ({ name, path })),
    );
  expect(named.length).toBeGreaterThan(10);
  const shared = named.filter(({ name }) => named.filter((other) => other.name === name).length > 1);
  expect(shared).toEqual([]);
});
