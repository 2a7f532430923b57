import * as pulumi from "@pulumi/pulumi";

import type { Admission } from "./admission.ts";

/**
 * `resource`, once it is registered and `wait` is over. A preview waits for nothing. A promise that is not kept ends the
 * program, and with it the deployment; a resource that is not admitted is never registered, and its promise ends with the
 * refusal, since an engine that waits in vain deletes what it does not see.
 */
export function waitFor(
  admission: Pick<Admission, "admitted" | "keep">,
  resource: pulumi.Resource,
  wait: () => Promise<void>,
): Promise<pulumi.Resource> {
  const registered = new Promise<void>((resolve) => resource.urn.apply(() => resolve()));
  const outcome = admission
    .admitted()
    .then(() => registered)
    .then(async () => {
      if (!pulumi.runtime.isDryRun()) await wait();
      return resource;
    });
  admission.keep(outcome);
  // Left unhandled on purpose, so that the cause reaches the user as it was written.
  void outcome.then(() => {});
  return outcome;
}
