import { oneMeantBy } from "../daily/names.ts";
import { offText } from "../daily/off.ts";
import { command, namedCommand, operated, sentences } from "../daily/operated.ts";
import { Problem } from "../lib/problem.ts";
import type { Stack } from "../setup/stack.ts";

/** Runs a command, or a shell, inside of a replica; returns its exit code. */
export async function shell(stack: Stack, word: string, words: readonly string[]): Promise<number> {
  const { operations, recorded } = await operated(stack);
  const all = await sentences(() => operations.look());
  const { workload, replica } = oneMeantBy(word, all, (name) => offText(name, stack, recorded));
  if (workload.kind === "task")
    throw new Problem(`"${workload.name}" is a task, and runs when it is started: ${namedCommand("task", workload.name, stack)}`);
  // Of several the first that runs is as good as any.
  const one = replica ?? workload.replicas.find(({ since }) => since !== undefined) ?? workload.replicas[0];
  if (one === undefined || one.since === undefined)
    throw new Problem(
      `${one?.name ?? workload.name} does not run: ${one?.why ?? workload.why ?? "its work is done"}; ${command("status", stack)}`,
    );
  const { stdin: input, stdout: output, stderr: errors } = process;
  const code = await sentences(() => operations.shell(workload, one, { command: words, input, output, errors }));
  // What still waits for keys would keep the command alive.
  process.stdin.unref?.();
  return code;
}
