import { existsSync, readFileSync } from "node:fs";

/** Longest name of a process that Linux tells. */
const COMM = 15;

/**
 * Whether the process that a file names still runs `program`. After a power cut or on a restored machine the file is
 * still there, and its number may by then be another process'.
 */
export function runs(pidFile: string, program: string): boolean {
  if (!existsSync(pidFile)) return false;
  const comm = `/proc/${readFileSync(pidFile, "utf8").trim()}/comm`;
  return existsSync(comm) && readFileSync(comm, "utf8").trim() === program.slice(0, COMM);
}

/** Whether there is a process of that number; one of another user may not be asked, but is there. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
