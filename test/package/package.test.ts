import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { REFERENCE_IMAGES, ReferenceImages } from "../../components/reference-images.ts";
import { blockIn, Consumer, type Tarball } from "../support/consumer.ts";
import { type Library, referenceTag } from "../support/reference-tag.ts";
import { freePort } from "../support/stack.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The package as a user gets it: packed, installed into an empty project, and used there by the program of docs/library.md. */
const consumer = new Consumer();
let tarball: Tarball;

beforeAll(async () => {
  tarball = await consumer.pack();
  await consumer.install(tarball.path);
  consumer.write("index.ts", program);
  consumer.write("tsconfig.json", blockIn("docs/library.md", "json"));
  consumer.write("Pulumi.yaml", blockIn("docs/library.md", "yaml"));
});
afterAll(() => consumer.remove());

const program = blockIn("docs/library.md", "ts");
const check = () => consumer.run(join(ROOT, "node_modules", ".bin", "tsc"), ["--project", "."]);

/** Packages that a file imports, exports from, or loads when it needs them; `load` is what a file calls its `require`. */
const IMPORTED = /^(?:import|export)\s[^;"']*\sfrom "([^".][^"]*)"|^import "([^".][^"]*)"|\b(?:import|load)\("([^".][^"]*)"\)/gm;

/** What the README's example uses and does not show. */
const README_NAMES = `
import { FeatureStack, type FeatureStackArgs, TrainingCluster, type TrainingClusterArgs } from "mlstack";
import { DockerPlatform } from "mlstack/docker";
declare const images: FeatureStackArgs["images"];
declare const image: TrainingClusterArgs["image"];
`;

describe("the package", () => {
  const paths = () => tarball.files.map(({ path }) => path);

  test("holds the library, its build contexts and its papers, and nothing else", () => {
    const expected = /^(dist\/(components|workloads)\/.+|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
    expect(paths().filter((path) => !expected.test(path))).toEqual([]);
    expect(paths().filter((path) => /(^|\/)(test|tests(_\w+)?|testing|__pycache__)(\/|$)|(?<!\.d)\.ts$|\.pyc$/.test(path))).toEqual([]);
    expect(paths()).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]));
  });

  test("has declarations for every file of code", () => {
    const code = paths().filter((path) => path.endsWith(".js"));
    expect(code.length).toBeGreaterThan(50);
    expect(code.map((path) => path.replace(/\.js$/, ".d.ts")).filter((path) => !paths().includes(path))).toEqual([]);
  });

  test("depends on the packages that its code imports, and on no other", () => {
    const code = paths().filter((path) => path.endsWith(".js"));
    const sources = code.map((path) => readFileSync(join(consumer.folder, "node_modules", "mlstack", path), "utf8"));
    const imports = sources.flatMap((text) => [...text.matchAll(IMPORTED)]);
    const names = imports.map(([, ...found]) => /^(@[^/]+\/)?[^/]+/.exec(found.find((name) => name !== undefined) ?? "")?.[0] ?? "");
    const { dependencies, peerDependencies } = manifest();
    const needed = [...new Set(names.filter((name) => !name.startsWith("node:")))].sort();
    expect(needed).toEqual([...Object.keys(dependencies), ...Object.keys(peerDependencies)].sort());
  });

  test("has every build context, whose programs can be executed", () => {
    const folders = readdirSync(join(ROOT, "workloads"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const contexts = [...folders.map(({ name }) => `workloads/${name}`), "components/docker/carrier"];
    const sources = contexts
      .map((path) => join(path, "Dockerfile"))
      .filter((path) => readdirSync(join(ROOT, path, "..")).includes("Dockerfile"));
    expect(sources.length).toBeGreaterThan(10);
    expect(paths()).toEqual(expect.arrayContaining(sources.map((path) => `dist/${path}`)));
    expect(tarball.files.find(({ path }) => path === "dist/workloads/gateway/bin/gateway")?.mode).toBe(0o755);
  });

  test.each(REFERENCE_IMAGES)("builds %s from the same content as a checkout, with the same tag", async (image) => {
    const path = join(consumer.folder, "node_modules", "mlstack", "dist", "components", "reference-images.js");
    const packed: Library = await import(pathToFileURL(path).href);
    expect(referenceTag(packed, image)).toBe(referenceTag({ ReferenceImages }, image));
  });

  test("is as large as the README says, give or take a tenth", () => {
    const said = Number(/`npm pack`[^|]*\|[^|]*?(\d+) kB/.exec(read("README.md"))?.[1]);
    expect(tarball.size / 1000).toBeGreaterThan(said * 0.9);
    expect(tarball.size / 1000).toBeLessThan(said * 1.1);
  });

  test.each(["@pulumi/pulumi", "zod"])("shares the one %s with the program", (name) => {
    expect(consumer.copiesOf(name)).toEqual([`${name}/package.json`]);
  });
});

describe("the program of docs/library.md", () => {
  test("has the right types, and so have the README's example and everything that they reach", async () => {
    expect(blockIn("docs/library.md", "json")).not.toContain("skipLibCheck");
    const config = blockIn("docs/library.md", "json");
    consumer.write("tsconfig.json", config.replace('"index.ts"', '"index.ts", "readme.ts"'));
    consumer.write("readme.ts", `${README_NAMES}${blockIn("README.md", "ts")}`);
    expect(await check()).toEqual({ code: 0, text: "" });
    consumer.write("tsconfig.json", config);
  });

  test("is refused by the compiler with a wrong argument", async () => {
    consumer.write("index.ts", program.replace("nodes: 2", 'nodes: "2"'));
    expect((await check()).text).toContain("Type 'string' is not assignable to type 'number'");
    consumer.write("index.ts", program);
  });

  test("previews on the engine", async () => {
    await consumer.pulumi("stack", "init", "dev");
    await consumer.pulumi("config", "set", "port", String(await freePort()), "--stack", "dev");
    const { code, text } = await consumer.pulumi("preview", "--stack", "dev");
    expect(text).toMatch(/\+ \d+ to create/);
    expect(text).toContain("mlstack:index:FeatureStack");
    expect(code).toBe(0);
  });
});

describe("the Kubernetes adapter", () => {
  const load = () => consumer.run("node", ["--eval", 'import("mlstack/kubernetes").then((m) => console.log(Object.keys(m)))']);

  test("names the package that it needs besides", async () => {
    expect((await load()).text).toMatch(/Cannot find package '(@pulumi\/kubernetes|@kubernetes\/client-node)'/);
  });

  test("loads and has the right types where that is installed", async () => {
    const { devDependencies } = manifest();
    const peers = ["@pulumi/kubernetes", "@kubernetes/client-node"].map((name) => `${name}@${devDependencies[name]}`);
    await consumer.install(...peers);
    expect(await load()).toEqual({ code: 0, text: "[ 'KubernetesPlatform' ]\n" });
    consumer.write("index.ts", program.replaceAll("DockerPlatform", "KubernetesPlatform").replace("mlstack/docker", "mlstack/kubernetes"));
    expect(await check()).toEqual({ code: 0, text: "" });
  });
});

const versions = z.record(z.string(), z.string());
function manifest() {
  const file = z.object({ dependencies: versions, peerDependencies: versions, devDependencies: versions });
  return file.parse(JSON.parse(read("package.json")));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
