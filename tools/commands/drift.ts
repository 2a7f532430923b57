import { driftIn } from "../drift/look.ts";
import { DRIFT_VERSION, type StackDrift } from "../drift/schema.ts";
import { driftText } from "../drift/text.ts";
import { selected } from "../report/selection.ts";
import { asJson } from "../settings/table.ts";
import { type Selection, selectStack } from "../setup/stack.ts";

/** What a command line says of a look for drift. */
export interface DriftOptions extends Selection {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Exit code where something is not as it was deployed. */
const DRIFTED = 2;

/**
 * Prints where what runs differs from what was deployed, with what the next deployment does about it. Nothing is changed, and no
 * lock is taken.
 *
 * @returns 2 where something differs, 1 where a stack could not be looked at
 */
export async function drift(options: DriftOptions): Promise<number> {
  const isSeveral = options.all === true || /[*?]/.test(options.stack ?? "");
  const stacks = await driftIn(isSeveral ? await selected(options) : [selectStack(options)]);
  process.stdout.write(options.json === true ? asJson({ version: DRIFT_VERSION, stacks }) : driftText(stacks, process.stdout.isTTY));
  return codeOf(stacks);
}

/** What is not known may be worse than what is. */
export function codeOf(stacks: readonly StackDrift[]): number {
  if (stacks.some(({ failed }) => failed !== null)) return 1;
  return stacks.some(({ differences }) => differences.length > 0) ? DRIFTED : 0;
}
