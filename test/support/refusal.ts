/**
 * What ends the program when `run` asks for what a target cannot give; empty when nothing does. Nobody can catch such an
 * end: it reaches the user as an unhandled rejection, here several times over, since all that waits for it fails with it.
 */
export async function endOf(run: () => Promise<unknown>): Promise<string> {
  const others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  const said = new Set<string>();
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => said.add(reason instanceof Error ? reason.message : String(reason)));
  try {
    await run().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
  }
  return [...said].join("\n---\n");
}
