import { globSync } from "node:fs";
import { basename, join } from "node:path";

import { nearest } from "../../components/workload/mistakes.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";

/** Files of tests, by what runs them. */
const FILES = {
  unit: { include: ["test/**/*.test.ts"], exclude: ["test/integration/**", "test/integration-kubernetes/**", "test/package/**"] },
  integration: { include: ["test/integration/**/*.test.ts", "test/package/**/*.test.ts"], exclude: [] },
  kubernetes: { include: ["test/integration-kubernetes/**/*.test.ts"], exclude: [] },
  /** Each workload's own, which are no files of vitest's. */
  workloads: { include: [], exclude: [] },
} as const;

export type Suite = keyof typeof FILES;

/** Options of vitest that are passed on, and have a value in the next word. */
const VALUED = new Set(["-t", "--testNamePattern"]);

/** What the words of a command line choose. */
export interface Choice {
  /** Words and options for vitest; undefined where the words choose none of its files. */
  readonly vitest: readonly string[] | undefined;
  /** Names of workloads. */
  readonly workloads: readonly string[];
}

/** What words choose of a suite's files, by a part of their path, and of the workloads, by name. @throws Problem for a word that chooses nothing */
export function choose(suite: Suite, args: readonly string[], workloads: readonly string[] = []): Choice {
  const options = args.filter((arg, index) => arg.startsWith("-") || VALUED.has(args[index - 1] ?? ""));
  const words = args.filter((arg) => !options.includes(arg));
  const files = filesOf(suite);
  const chosen = words.filter((word) => files.some((file) => file.includes(word)));
  const named = words.filter((word) => workloads.includes(word));
  const unknown = words.find((word) => !chosen.includes(word) && !named.includes(word));
  if (unknown !== undefined) throw new Problem(refusalOf(unknown, [...files.map((file) => basename(file, ".test.ts")), ...workloads]));
  const all = words.length === 0;
  return { vitest: all || chosen.length > 0 ? [...options, ...chosen] : undefined, workloads: all ? workloads : named };
}

/** Every workload that has tests. */
export function workloadNames(): string[] {
  return globSync("workloads/*/Dockerfile", { cwd: ROOT }).map((file) => basename(join(file, "..")));
}

function filesOf(suite: Suite): string[] {
  const { include, exclude } = FILES[suite];
  return globSync([...include], { cwd: ROOT, exclude: [...exclude] });
}

function refusalOf(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return `no tests are called "${word}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
}
