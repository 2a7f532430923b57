import type { MissingSecrets } from "./secrets.ts";

/** The program's own rule for which secrets a stack's settings lack, of those that can be generated; loaded only where it is asked, since it brings every component along. */
export async function missingSecrets(): Promise<MissingSecrets> {
  const [{ isIssued, missingSecrets: missing }, { stackSettings }, { resolvedSettings }] = await Promise.all([
    import("../../infra/check.ts"),
    import("../../infra/stack.ts"),
    import("../settings/resolved.ts"),
  ]);
  return (stack) => missing(stackSettings, resolvedSettings(stack, stackSettings)).filter((path) => !isIssued(stackSettings, path));
}
