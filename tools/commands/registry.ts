import { join } from "node:path";

import { ensureFolder, stateFolder } from "../lib/folders.ts";
import { Interruption } from "../lib/interruption.ts";
import { Problem } from "../lib/problem.ts";
import { registry as start } from "../offline/registry.ts";

/** Runs a registry of images on this machine until it is interrupted. Its images stay, for those who start it again. */
export async function registry(): Promise<number> {
  const folder = ensureFolder(join(stateFolder(), "registry"));
  const { address, end, ended } = await start(folder);
  process.stdout.write(adviceFor(address, ended === undefined ? undefined : folder));
  if (ended === undefined) return 0;
  const interruption = new Interruption();
  interruption.listenToSignals();
  const interrupted = new Promise<"interrupted">((resolve) => interruption.onInterrupt(() => resolve("interrupted")));
  const cause = await Promise.race([interrupted, ended]);
  await end();
  interruption.close();
  if (cause !== "interrupted") throw new Problem(`the registry at ${address} has ended; the end of ${join(folder, "log")} says why`);
  return 0;
}

/** What to write into a stack file. @param folder where its images are; undefined where another program has it */
export function adviceFor(address: string, folder: string | undefined): string {
  const runs = folder === undefined ? "It runs already." : `It runs until Ctrl+C; its images stay in ${folder}.`;
  return [
    "",
    `In a stack file:  mlstack:platform: { kind: kubernetes, registry: { address: ${address}/mlstack } }`,
    "Nodes pull from it where they run on this machine itself, not in a virtual machine or a container.",
    runs,
    "",
  ].join("\n");
}
