import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cacheFolder } from "../setup/folders.ts";
import { type Environment, NAME } from "./project.ts";

/**
 * Measures Pulumi side by side, in turns, in one run, with what each target has of its own, and prints and writes medians,
 * spread and ratios: Docker Compose, or with the argument `kubernetes`, and where a cluster can be had, kubectl. The argument
 * `serving` measures not a deployment but what is deployed: the image classifier and its gateway, beside Compose and nginx.
 */
export async function bench(env: Environment, [target]: readonly string[] = []): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), `${NAME}-`));
  const own = { ...env, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "bench" };
  try {
    // Each is loaded only where it is used.
    if (target === "kubernetes") {
      const lines = await (await import("./kubernetes.ts")).kubernetesBench(home, own);
      if (lines !== undefined) report("bench-kubernetes.md", lines);
    } else if (target === "serving") {
      report("bench-serving.md", await (await import("./serving.ts")).servingBench(home, own));
    } else {
      report("bench.md", await (await import("./docker.ts")).dockerBench(home, own));
    }
    return 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function report(name: string, rows: readonly string[]): void {
  const text = `${["| what | median (least … most) |", "|---|---|", ...rows].join("\n")}\n`;
  const file = join(cacheFolder(), name);
  writeFileSync(file, text);
  process.stdout.write(`\n${text}\nWritten to ${file}\n`);
}
