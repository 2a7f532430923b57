/** Says when the user has seen enough: by Ctrl-C, a terminal that closes, or a program behind a pipe that reads no more. */
export function untilInterrupted(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const end = () => controller.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, end);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // Nothing that is written from here on reaches anybody.
    process.exit(0);
  });
  return { signal: controller.signal };
}
