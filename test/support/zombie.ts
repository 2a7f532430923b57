import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** A process that has ended and keeps its number, since its parent does not look; `end` ends the parent. */
export async function zombie(): Promise<{ readonly pid: number; end(): void }> {
  // The shell becomes a program that knows of no child before that ends.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 600"], { stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = await once(parent.stdout, "data");
  const pid = Number(String(printed));
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await new Promise((resolve) => setImmediate(resolve));
  return { pid, end: () => void parent.kill() };
}
