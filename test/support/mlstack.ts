import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Outcome, run } from "../../tools/lib/run.ts";
import type { TestStack } from "./stack.ts";

/** Runs one of this project's commands on a stack that a test deploys by Pulumi alone, from the stack's own copy of the project. */
export function mlstack(stack: TestStack, command: string, ...words: readonly string[]): Promise<Outcome> {
  const project = join(stack.home, "project");
  const env = { ...stack.environment, MLSTACK_STATE: stateOf(stack), CI: "true" };
  const all = [join(project, "tools", "cli.ts"), command, "-C", stack.folder, "--stack", stack.name, ...words];
  return run(process.execPath, all, { cwd: project, env });
}

/** The commands' state, which is the test's: the same stacks, passphrase and owner of what is on the engine. */
function stateOf({ home }: TestStack): string {
  const folder = join(home, "mlstack");
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { mode: 0o700 });
  symlinkSync(home, join(folder, "backend"));
  writeFileSync(join(folder, "passphrase"), "test", { mode: 0o600 });
  writeFileSync(join(folder, "id"), process.env["MLSTACK_STATE_ID"] ?? "test", { mode: 0o600 });
  return folder;
}
