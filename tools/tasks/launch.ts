import { type TaskLaunch, taskLaunch } from "../../components/workload/task-run.ts";
import { Problem } from "../lib/problem.ts";

/**
 * How to start the task `name` of a stack with these outputs.
 *
 * @throws Problem that lists the stack's tasks when `name` is none of them.
 */
export function launchOf(outputs: unknown, name: string | undefined, stack: string): TaskLaunch {
  const tasks = tasksIn(outputs);
  const given = name === undefined ? undefined : tasks.get(name);
  if (given === undefined)
    throw new Problem(`${name === undefined ? "Which task?" : `Stack "${stack}" has no task "${name}".`} ${listed(tasks, stack)}`);
  const parsed = taskLaunch.safeParse(jsonIn(given));
  if (!parsed.success) throw new Problem(`Stack "${stack}" was deployed by another version; deploy it again, then start task "${name}".`);
  return parsed.data;
}

function tasksIn(outputs: unknown): Map<string, unknown> {
  const { tasks } = typeof outputs === "object" && outputs !== null ? { tasks: undefined, ...outputs } : {};
  return new Map(Object.entries(typeof tasks === "object" && tasks !== null ? tasks : {}));
}

function listed(tasks: ReadonlyMap<string, unknown>, stack: string): string {
  if (tasks.size === 0) return `Stack "${stack}" has none; is it deployed?`;
  return `Its tasks are ${[...tasks.keys()].sort().join(", ")}: npm run task -- NAME [--stack ${stack}] [-- ARGUMENTS]`;
}

function jsonIn(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
