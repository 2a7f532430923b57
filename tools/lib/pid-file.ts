import { existsSync, readFileSync } from "node:fs";

/** Longest name of a process that Linux reports. */
const COMM = 15;
/** Units of a process' start in `/proc`, for each second; the same on every Linux. */
const TICKS = 100;
/** In `/proc`, behind the name in brackets: dead, or dead and not yet looked at. */
const ENDED = /\) [ZXx] [^)]*$/;

/**
 * Whether the process that a file names still runs `program`. After a power cut or on a restored machine the file still
 * exists, and its number may by then be another process'.
 */
export function runs(pidFile: string, program: string): boolean {
  if (!existsSync(pidFile)) return false;
  const comm = `/proc/${readFileSync(pidFile, "utf8").trim()}/comm`;
  return existsSync(comm) && readFileSync(comm, "utf8").trim() === program.slice(0, COMM);
}

/**
 * Whether a process of that number exists; one of another user may not be asked, but exists.
 *
 * @param seen milliseconds since 1970 when it was running: one that was started later is another process
 */
export function lives(pid: number, seen?: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  if (hasEnded(pid)) return false;
  const start = startOf(pid);
  // The kernel counts in hundredths of a second, and its clock is set now and then.
  return seen === undefined || start === undefined || start <= seen + 2_000;
}

/** Whether a process that still has its number has ended: one that was killed keeps it until its parent looks. */
function hasEnded(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && ENDED.test(readFileSync(file, "utf8"));
}

/** When a process was started, in milliseconds since 1970; undefined where the system does not say. */
function startOf(pid: number): number | undefined {
  const [process, machine] = [`/proc/${pid}/stat`, "/proc/stat"];
  if (!existsSync(process) || !existsSync(machine)) return undefined;
  // The name, in brackets, may hold anything, brackets too; the start is the twentieth field behind it.
  const ticks = readFileSync(process, "utf8")
    .replace(/^.*\)\s*/s, "")
    .split(" ")[19];
  const boot = /^btime (\d+)/m.exec(readFileSync(machine, "utf8"))?.[1];
  const start = 1000 * (Number(boot) + Number(ticks) / TICKS);
  return Number.isNaN(start) ? undefined : start;
}
