import * as pulumi from "@pulumi/pulumi";

/**
 * `resource`, once it is registered and `wait` is over. A preview waits for nothing. A promise that is not kept ends the
 * program, and with it the deployment.
 */
export function waitFor(resource: pulumi.Resource, wait: () => Promise<void>): Promise<pulumi.Resource> {
  const registered = new Promise<void>((resolve) => resource.urn.apply(() => resolve()));
  const outcome = registered.then(async () => {
    if (!pulumi.runtime.isDryRun()) await wait();
    return resource;
  });
  // Left unhandled on purpose, so that the cause reaches the user as it was written.
  void outcome.then(() => {});
  return outcome;
}
