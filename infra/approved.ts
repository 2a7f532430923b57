import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { RunError } from "@pulumi/pulumi/errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses a deployment that was approved for another state than the stack has now. The engine holds the stack's lock while the program
 * runs: what is compared here cannot move any more, as it could before.
 *
 * @param env `MLSTACK_APPROVED_STATE`, the SHA-256 of the file `MLSTACK_STATE_FILE`; none: nothing was approved, and nothing is refused
 */
export function refuseMovedState(env: Environment = process.env): void {
  const { MLSTACK_APPROVED_STATE: approved, MLSTACK_STATE_FILE: file } = env;
  if (approved === undefined || file === undefined) return;
  const now = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (now !== approved) throw new RunError(MOVED);
}

const MOVED = "the stack was deployed by another command after the approved report was compared.\n  Nothing was changed.";
