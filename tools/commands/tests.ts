import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../lib/folders.ts";
import { onTerminal } from "../lib/terminal.ts";
import { CLUSTER_SCRIPT, cluster } from "../offline/cluster.ts";
import { registry, testImages } from "../offline/registry.ts";
import { tally, tallyLine } from "./junit.ts";
import { lint } from "./lint.ts";
import { choose, workloadNames } from "./suites.ts";

type Environment = Readonly<Record<string, string>>;
/** Comes behind the choice of tests: a word that chooses nothing is refused before anything is set up. */
type SetUp = () => Promise<Environment>;

/**
 * Types, style, unit tests, and meanwhile every workload's own tests inside its image, which mostly wait for builds and
 * downloads. Words choose files and workloads by name.
 */
export async function allTests(setUp: SetUp, words: readonly string[]): Promise<number> {
  const chosen = choose("unit", words, workloadNames());
  const env = await setUp();
  return counted(async (results) => {
    const log = join(results, "workloads.log");
    const inImages = chosen.workloads.length === 0 ? Promise.resolve(0) : testWorkloads(chosen.workloads, env, results, log);
    const codes = words.length === 0 ? [await lint(env)] : [];
    if (chosen.vitest !== undefined) codes.push(await vitest("unit", env, results, chosen.vitest));
    codes.push(await inImages);
    if (existsSync(log)) process.stdout.write(readFileSync(log, "utf8"));
    return codes;
  });
}

/** The unit tests alone; words choose files by name. */
export async function unitTests(setUp: SetUp, words: readonly string[]): Promise<number> {
  const { vitest: chosen } = choose("unit", words);
  const env = await setUp();
  return counted(async (results) => [await vitest("unit", env, results, chosen)]);
}

/** Every workload's own tests inside its image; words choose workloads by name. */
export async function workloadTests(setUp: SetUp, words: readonly string[]): Promise<number> {
  const { workloads } = choose("workloads", words, workloadNames());
  const env = await setUp();
  return counted(async (results) => [await testWorkloads(workloads, env, results)]);
}

/** The real program on the real engine; words choose files by name. */
export async function integrationTests(setUp: SetUp, words: readonly string[]): Promise<number> {
  const { vitest: chosen } = choose("integration", words);
  const env = await setUp();
  return counted(async (results) => [await vitest("integration", env, results, chosen)]);
}

/** The real program on a real cluster, which is ended again where these tests started it; words choose files by name. */
export async function kubernetesTests(setUp: SetUp, words: readonly string[]): Promise<number> {
  const { vitest: chosen } = choose("kubernetes", words);
  const env = await setUp();
  const nodes = await cluster(env["MLSTACK_BASE_IMAGE"] ?? "");
  if (nodes === undefined) return 0;
  try {
    const images = await registry(testImages());
    const where = { KUBECONFIG: nodes.kubeconfig, MLSTACK_TEST_REGISTRY: images.address, MLSTACK_TEST_CLUSTER: CLUSTER_SCRIPT };
    try {
      return await counted(async (results) => [await vitest("kubernetes*", { ...env, ...where }, results, chosen)]);
    } finally {
      await images.end();
    }
  } finally {
    await nodes.down();
  }
}

function vitest(project: string, env: Environment, results: string, words: readonly string[] = []): Promise<number> {
  const reports = ["--reporter=default", "--reporter=junit", `--outputFile.junit=${join(results, "vitest.xml")}`];
  return onTerminal("vitest", ["run", "--config", "test/vitest.config.ts", "--project", project, ...reports, ...words], env);
}

function testWorkloads(names: readonly string[], env: Environment, results: string, log?: string): Promise<number> {
  return onTerminal(join(ROOT, "workloads", "test"), names, { ...env, JUNIT_DIR: results }, log === undefined ? {} : { log });
}

/** Runs suites that write JUnit files, and ends with one line that counts them all. */
async function counted(suites: (results: string) => Promise<number[]>): Promise<number> {
  const results = mkdtempSync(join(tmpdir(), "mlstack-results-"));
  try {
    const codes = await suites(results);
    const total = tally(
      readdirSync(results)
        .filter((file) => file.endsWith(".xml"))
        .map((file) => readFileSync(join(results, file), "utf8")),
    );
    process.stdout.write(`\n${tallyLine(total)}\n`);
    return codes.find((code) => code !== 0) ?? (total.passed === 0 ? 1 : 0);
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}
