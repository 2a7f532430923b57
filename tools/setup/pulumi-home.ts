import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ensureFolder } from "../lib/folders.ts";
import { pulumiHome } from "../offline/programs.ts";

const NOTE =
  "A file in the place of the folder of Pulumi's automatic log, which is switched off by it. For a log of one run: pulumi -v=9 --logtostderr\n";

/**
 * Pulumi's home, without the log of everything that engine and program say to each other: the engine writes, encrypts and
 * compresses it at every run, which is nearly half of its time, and never removes one. There is no setting for it; where its
 * folder cannot be made, it goes on without.
 */
export function quietPulumiHome(home = pulumiHome()): string {
  const logs = join(ensureFolder(home), "logs");
  if (statSync(logs, { throwIfNoEntry: false })?.isFile() !== true) {
    rmSync(logs, { recursive: true, force: true });
    writeFileSync(logs, NOTE);
  }
  return home;
}
