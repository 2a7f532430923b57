/**
 * How long reports of many customers take without an engine, and how much memory: `node test/long/fleet.ts [--customers 50]`. Prints a line for a
 * fleet that nothing changes, and one for a change of what all of its customers start from.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ROOT } from "../../tools/lib/folders.ts";
import { BASE_LAYER, customers, deployAll, write } from "../report/customers.ts";

const { values } = parseArgs({ options: { customers: { type: "string", default: "50" } } });
const state = mkdtempSync(join(tmpdir(), "mlstack-fleet-"));
process.env["MLSTACK_STATE"] = state;
const folder = customers(Number(values.customers));

/** Seconds of one report of all, of the clock and of the processor, and most memory of its one process in MB. */
async function report(what: string): Promise<void> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(ROOT, "tools", "cli.ts"), "report", "--all", "--offline", "--cwd", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [verdict, memory, ticks] = ["", 0, 0];
  child.stdout.on("data", (part: Buffer) => {
    verdict ||= part.toString().split("\n")[0] ?? "";
  });
  const look = setInterval(() => {
    try {
      memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? memory);
      const [user = 0, system = 0] = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ").slice(13, 15).map(Number);
      ticks = user + system;
    } catch {
      // It has ended.
    }
  }, 100);
  const [code] = await once(child, "close");
  clearInterval(look);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${what}: ${seconds} s, ${(ticks / 100).toFixed(1)} s of a processor, ${Math.round(memory / 1024)} MB; ${verdict} (exit code ${code})`,
  );
}

try {
  await deployAll(folder);
  await report("nothing changes");
  write(folder, "layers/base.yaml", BASE_LAYER.replace("replicas: 2,", "replicas: 3,").replace("memory: 2Gi", "memory: 4Gi"));
  await report("two settings of the base layer");
} finally {
  for (const one of [state, folder]) rmSync(one, { recursive: true });
}
