import { existsSync, readdirSync, readFileSync } from "node:fs";

import { backendFolder } from "./backend.ts";

/** A process, as far as it is read here. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Its first 15 characters, as the kernel shows them. */
  readonly name: string;
  readonly env: string;
}

const ENGINE = "pulumi";
/** Pulumi's programs beside its engine. */
const PLUGIN = /^pulumi-(language|resource)/;

/**
 * Ends what a deployment that was killed has left running: Pulumi's plugins look for their engine every five minutes only, and may
 * meanwhile finish what they were at, behind the next deployment's back. Only those of this user's state are looked at, and
 * none whose engine runs.
 *
 * @returns how many there were; 0 where the system has no list of processes (only Linux has)
 */
export function endOrphans(): number {
  const orphans = orphansIn(processes(), `file://${backendFolder()}`);
  for (const { pid } of orphans) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  return orphans.length;
}

/** Plugins without an engine above them that work on the state at `backend`, with all that they have started. */
export function orphansIn(all: readonly Process[], backend: string): readonly Process[] {
  const byPid = new Map(all.map((one) => [one.pid, one]));
  const above = ({ parent }: Process): Process[] => {
    const next = byPid.get(parent);
    return next === undefined ? [] : [next, ...above(next)];
  };
  const isOrphan = (one: Process) =>
    PLUGIN.test(one.name) &&
    one.env.split("\0").includes(`PULUMI_BACKEND_URL=${backend}`) &&
    !above(one).some(({ name }) => name === ENGINE);
  const orphans = new Set(all.filter(isOrphan));
  return all.filter((one) => orphans.has(one) || above(one).some((other) => orphans.has(other)));
}

function processes(): Process[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = "", parent = ""] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
        return [{ pid: Number(pid), parent: Number(parent), name, env: readFileSync(`/proc/${pid}/environ`, "utf8") }];
      } catch {
        // It has ended, or belongs to somebody else.
        return [];
      }
    });
}
