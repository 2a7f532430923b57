import { readdirSync, readFileSync } from "node:fs";

/** Who is killed: all processes of a deployment, or one of them. */
export type Victim = "everything" | "engine" | "program" | "provider";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** The processes whose environment has this very line, and which still run: those of one stack, wherever they were started. */
export function processesWith(line: string): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(line)) return [];
        const [, name = "", state = "", parent = ""] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
        return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), name }];
      } catch {
        // It ended by itself, or belongs to somebody else.
        return [];
      }
    });
}

/** Kills a part of a deployment as a crash would; returns how many processes that were. */
export function kill(victim: Victim, line: string): number {
  const all = processesWith(line);
  const chosen = all.filter((one) => isOne(victim, one, all));
  for (const { pid } of chosen) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  return chosen.length;
}

/** The kernel shows the first 15 characters of a name. */
function isOne(victim: Victim, { name, parent }: Process, all: readonly Process[]): boolean {
  if (victim === "everything") return true;
  if (victim === "engine") return name === "pulumi";
  if (victim === "provider") return name.startsWith("pulumi-resource");
  return all.some(({ pid, name: above }) => pid === parent && above.startsWith("pulumi-language"));
}
