import { confirm, isCancel } from "@clack/prompts";

import type { LiveWorkload } from "../../components/workload/operations.ts";
import { measuresOf } from "../daily/measures.ts";
import { oneMeantBy } from "../daily/names.ts";
import { offText } from "../daily/off.ts";
import { namedCommand, type Operated, operated, sentences } from "../daily/operated.ts";
import { agoText } from "../daily/spans.ts";
import { Problem } from "../lib/problem.ts";
import { refuseLocked } from "../setup/locks.ts";
import type { Stack } from "../setup/stack.ts";

export interface RestartOptions {
  /** Whether training is restarted without a question. */
  readonly yes?: boolean;
}

/** Starts a part again: the replicas of a service one after another, training from its last checkpoint. */
export async function restart(stack: Stack, word: string, { yes = false }: RestartOptions): Promise<number> {
  const on = await operated(stack);
  refuseLocked(stack);
  const all = await sentences(() => on.operations.look());
  const { workload, replica } = oneMeantBy(word, all, (name) => offText(name, stack, on.recorded));
  const refusal = refusalOf(workload, stack);
  if (refusal !== undefined) throw new Problem(refusal);
  if (replica !== undefined)
    throw new Problem(`a part is restarted as a whole, its replicas one after another: ${namedCommand("restart", workload.name, stack)}`);
  if (workload.kind === "gang" && !yes && !(await agrees(on, workload))) return 1;
  if (workload.kind === "service" && workload.wanted === 1)
    process.stdout.write(`${workload.name} has one replica: nothing answers in its place until it is ready again\n`);
  await sentences(() => on.operations.restart(workload, (line) => process.stdout.write(`${line}\n`)));
  return 0;
}

function refusalOf({ kind, name, replicas }: LiveWorkload, stack: Stack): string | undefined {
  if (kind === "job") return `"${name}" is a job: it has done its work, and does it again when what it depends on has changed`;
  if (kind === "task") return `"${name}" is a task: start it by ${namedCommand("task", name, stack)}`;
  if (kind === "gang" && replicas.every(({ since }) => since === undefined))
    return `"${name}" does not train now: nothing of it can be started again; a changed setting starts it anew`;
  return undefined;
}

/** Training loses what it has done since its last checkpoint: whoever wants that says so. */
async function agrees({ operations, stack }: Operated, workload: LiveWorkload): Promise<boolean> {
  const { checkpoint } = await measuresOf(operations, workload);
  const written = checkpoint === undefined ? "" : `, written ${agoText(new Date(checkpoint).toISOString(), Date.now())}`;
  const warning = `all ${workload.wanted} members of ${workload.name} end and train again from the last checkpoint${written}; what was done since is lost`;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new Problem(`${warning}\nSay so: ${namedCommand("restart", `${workload.name} --yes`, stack)}`);
  const answer = await confirm({ message: `${warning}. Restart it?`, initialValue: false });
  return !isCancel(answer) && answer;
}
