import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CLUSTER_SCRIPT, cluster } from "../setup/cluster.ts";
import { ROOT } from "../setup/folders.ts";
import { registry } from "../setup/registry.ts";
import { onTerminal } from "./pulumi.ts";

type Environment = Readonly<Record<string, string>>;

/** Types, style, unit tests, and every workload's own tests inside its image. */
export function unitTests(env: Environment): Promise<number> {
  return counted(async (results) => {
    const codes = [await check(env), await vitest("unit", env, results)];
    codes.push(await onTerminal(join(ROOT, "workloads", "test"), [], { ...env, JUNIT_DIR: results }));
    return codes;
  });
}

/** The real program on the real engine. */
export function integrationTests(env: Environment, filters: readonly string[]): Promise<number> {
  return counted(async (results) => [await vitest("integration", env, results, filters)]);
}

/** The real program on a real cluster, which is ended again where these tests started it. */
export async function kubernetesTests(env: Environment, filters: readonly string[]): Promise<number> {
  const nodes = await cluster(env["MLSTACK_BASE_IMAGE"] ?? "");
  if (nodes === undefined) return 0;
  try {
    const images = await registry();
    const where = { KUBECONFIG: nodes.kubeconfig, MLSTACK_TEST_REGISTRY: images.address, MLSTACK_TEST_CLUSTER: CLUSTER_SCRIPT };
    try {
      return await counted(async (results) => [await vitest("kubernetes*", { ...env, ...where }, results, filters)]);
    } finally {
      await images.end();
    }
  } finally {
    await nodes.down();
  }
}

/** Types and style. */
export async function check(env: Environment): Promise<number> {
  const types = await onTerminal("tsc", ["--project", ROOT], env);
  const style = await onTerminal("biome", ["check", "--error-on-warnings", "."], env);
  return types === 0 ? style : types;
}

/** Rewrites the files in the project's style. */
export function format(env: Environment): Promise<number> {
  return onTerminal("biome", ["check", "--write", "."], env);
}

function vitest(project: string, env: Environment, results: string, filters: readonly string[] = []): Promise<number> {
  const reports = ["--reporter=default", "--reporter=junit", `--outputFile.junit=${join(results, "vitest.xml")}`];
  return onTerminal("vitest", ["run", "--config", "test/vitest.config.ts", "--project", project, ...reports, ...filters], env);
}

/** Runs suites that write JUnit files, and ends with one line that counts them all. */
async function counted(suites: (results: string) => Promise<number[]>): Promise<number> {
  const results = mkdtempSync(join(tmpdir(), "mlstack-results-"));
  try {
    const codes = await suites(results);
    const { passed, failed, skipped } = tally(readdirSync(results).map((file) => readFileSync(join(results, file), "utf8")));
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
    return codes.find((code) => code !== 0) ?? (passed === 0 ? 1 : 0);
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** Sums the test cases of JUnit documents by their outer-most suites. */
export function tally(documents: readonly string[]): { passed: number; failed: number; skipped: number } {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const document of documents) {
    for (const [suite] of document.matchAll(/<testsuite\s[^>]*>/g)) {
      const amount = (name: string) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
      const failed = amount("failures") + amount("errors");
      total.failed += failed;
      total.skipped += amount("skipped");
      total.passed += amount("tests") - failed - amount("skipped");
    }
  }
  return total;
}
