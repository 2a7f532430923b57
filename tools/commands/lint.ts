import { ROOT } from "../lib/folders.ts";
import { onTerminal } from "../lib/terminal.ts";

type Environment = Readonly<Record<string, string>>;

/** Types and style. */
export async function lint(env: Environment): Promise<number> {
  const types = await onTerminal("tsc", ["--project", ROOT], env);
  const style = await onTerminal("biome", ["check", "--error-on-warnings", "."], env);
  return types === 0 ? style : types;
}

/** Rewrites the files in the project's style. */
export function format(env: Environment): Promise<number> {
  return onTerminal("biome", ["check", "--write", "."], env);
}
