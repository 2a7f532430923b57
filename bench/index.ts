import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";

import { nearest } from "../components/workload/mistakes.ts";
import { cacheFolder } from "../tools/lib/folders.ts";
import { Problem } from "../tools/lib/problem.ts";
import { mustRun } from "../tools/lib/run.ts";
import type { Part } from "../tools/setup/toolchain.ts";
import { type Environment, NAME } from "./project.ts";
import { type Row, table } from "./table.ts";

/** What can be measured, and what the set-up has to make for it. */
const MEASUREMENTS: Readonly<Record<string, readonly Part[]>> = {
  docker: ["core"],
  kubernetes: ["core", "kubernetes"],
  serving: ["core"],
  pipeline: ["core"],
  policy: ["core"],
};

/**
 * Measures mlstack side by side, in turns, in one run, with what each target has of its own, and prints and writes medians,
 * spread, ratios and goals: Docker Compose and OpenTofu, or with the word `kubernetes`, and where a cluster can be had, kubectl.
 * `serving` measures not a deployment but what is deployed: the three systems that answer requests, beside Compose and nginx.
 * `policy` measures what the policy pack adds to a preview.
 * `pipeline` counts what a second deployment of the wind-power forecast runs again, and one after a change of its data.
 */
export async function bench(what = "docker", setUp: (parts: readonly Part[]) => Promise<Environment>): Promise<number> {
  const parts = MEASUREMENTS[what];
  if (parts === undefined) throw new Problem(refusalOf(what));
  const env = await setUp(parts);
  const home = mkdtempSync(join(tmpdir(), `${NAME}-`));
  const own = { ...env, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "bench" };
  try {
    // Each is loaded only where it is used.
    if (what === "kubernetes") {
      const lines = await (await import("./kubernetes.ts")).kubernetesBench(home, own);
      if (lines !== undefined) await report("bench-kubernetes.md", own, lines);
    } else if (what === "serving") {
      await report("bench-serving.md", own, await (await import("./serving.ts")).servingBench(home, own));
    } else if (what === "pipeline") {
      await report("bench-pipeline.md", own, await (await import("./pipeline.ts")).pipelineBench(home, own));
    } else if (what === "policy") {
      await report("bench-policy.md", own, await (await import("./policy.ts")).policyBench(home, own));
    } else {
      await report("bench.md", own, await (await import("./docker.ts")).dockerBench(home, own));
    }
    return 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function refusalOf(what: string): string {
  const known = Object.keys(MEASUREMENTS);
  const near = nearest(what, known);
  return `nothing called "${what}" is measured${near === undefined ? "" : `; did you mean "${near}"?`} (${known.join(", ")})`;
}

/** On which machine, with which programs, figures were taken: they can only be compared with others of the same. */
async function conditions(env: Environment): Promise<string> {
  const { ServerVersion } = await new Docker().info();
  const pulumi = (await mustRun("bench", "pulumi", ["version"], { env })).trim();
  const built = env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] === "true" ? "built here from Go modules" : "the official ones";
  return `${availableParallelism()} cores, Docker ${ServerVersion}, Pulumi ${pulumi}; its providers are ${built}.`;
}

async function report(name: string, env: Environment, rows: readonly Row[]): Promise<void> {
  const text = `${[await conditions(env), "", ...table(rows)].join("\n")}\n`;
  const file = join(cacheFolder(), name);
  writeFileSync(file, text);
  process.stdout.write(`\n${text}\nWritten to ${file}\n`);
}
