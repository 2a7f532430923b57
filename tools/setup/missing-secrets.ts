import type { MissingSecrets } from "./secrets.ts";

/** The program's own rule for which secrets its settings lack; loaded only where it is asked, since it brings every component along. */
export async function missingSecrets(): Promise<MissingSecrets> {
  const [{ missingSecrets: missing }, { stackSettings }] = await Promise.all([
    import("../../infra/read.ts"),
    import("../../infra/stack.ts"),
  ]);
  return (config) => missing(stackSettings, config);
}
