import { z } from "zod";

import { Problem } from "../lib/problem.ts";

/** What a platform tells of a task that it has declared, as JSON (`Task.launch` of the port). */
export type Launch = z.output<typeof launch>;
export type DockerLaunch = Extract<Launch, { platform: "docker" }>;
export type KubernetesLaunch = Extract<Launch, { platform: "kubernetes" }>;

const launch = z.discriminatedUnion("platform", [
  z.object({
    platform: z.literal("docker"),
    name: z.string(),
    /** Name of the container that is never started. */
    template: z.string(),
    network: z.string(),
    interactive: z.boolean(),
    /** Seconds. */
    deadline: z.number(),
    /** Seconds. */
    stopGrace: z.number(),
  }),
  z.object({
    platform: z.literal("kubernetes"),
    /** Name of the CronJob that is never due. */
    name: z.string(),
    namespace: z.string(),
    /** Context under which it was deployed; somebody else's may be called otherwise. */
    context: z.string().optional(),
    /** Uid of the cluster's namespace `kube-system`. */
    cluster: z.string(),
    interactive: z.boolean(),
  }),
]);

/**
 * How to start the task `name` of a stack with these outputs.
 *
 * @throws Problem that lists the stack's tasks when `name` is none of them.
 */
export function launchOf(outputs: unknown, name: string | undefined, stack: string): Launch {
  const tasks = tasksIn(outputs);
  const told = name === undefined ? undefined : tasks.get(name);
  if (told === undefined)
    throw new Problem(`${name === undefined ? "Which task?" : `Stack "${stack}" has no task "${name}".`} ${listed(tasks, stack)}`);
  const parsed = launch.safeParse(json(told));
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

function json(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
