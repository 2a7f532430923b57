import { createHash, randomUUID } from "node:crypto";

/** What chance depends on, where a deployment must do what a report has shown: its command gives both the same. */
export const CHANCE = "MLSTACK_CHANCE";

/** Eight hexadecimal digits by chance, for something that is made. @param what it is, since two things of one deployment are not alike */
export function chance(what: string, seed = process.env[CHANCE]): string {
  if (seed === undefined) return randomUUID().slice(0, 8);
  return createHash("sha256")
    .update(JSON.stringify([seed, what]))
    .digest("hex")
    .slice(0, 8);
}
