import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nearest } from "../components/workload/mistakes.ts";
import { cacheFolder } from "../tools/lib/folders.ts";
import { Problem } from "../tools/lib/problem.ts";
import type { Part } from "../tools/setup/toolchain.ts";
import { type Environment, NAME } from "./project.ts";

/** What can be measured, and what the set-up has to make for it. */
const MEASUREMENTS: Readonly<Record<string, readonly Part[]>> = {
  docker: ["core"],
  kubernetes: ["core", "kubernetes"],
  serving: ["core"],
  pipeline: ["core"],
};

/**
 * Measures Pulumi side by side, in turns, in one run, with what each target has of its own, and prints and writes medians,
 * spread and ratios: Docker Compose, or with the word `kubernetes`, and where a cluster can be had, kubectl. The word
 * `serving` measures not a deployment but what is deployed: the image classifier and its gateway, beside Compose and nginx.
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
      if (lines !== undefined) report("bench-kubernetes.md", lines);
    } else if (what === "serving") {
      report("bench-serving.md", await (await import("./serving.ts")).servingBench(home, own));
    } else if (what === "pipeline") {
      report("bench-pipeline.md", await (await import("./pipeline.ts")).pipelineBench(home, own));
    } else {
      report("bench.md", await (await import("./docker.ts")).dockerBench(home, own));
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

function report(name: string, rows: readonly string[]): void {
  const text = `${["| what | median (least … most) |", "|---|---|", ...rows].join("\n")}\n`;
  const file = join(cacheFolder(), name);
  writeFileSync(file, text);
  process.stdout.write(`\n${text}\nWritten to ${file}\n`);
}
