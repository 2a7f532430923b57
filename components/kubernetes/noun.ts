import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";

/** A noun that pods refer to by the name of its object: a volume, a secret, config files. */
export abstract class KubernetesObject<Kind extends "volume" | "secret" | "configFiles"> extends w.Noun<Kind> {
  /** Name of the object, known once that exists. */
  abstract readonly objectName: pulumi.Output<string>;
  private readonly context: KubernetesContext;

  constructor(context: KubernetesContext, kind: Kind, name: string, opts: w.ChildOptions) {
    super(context, kind, name, opts);
    this.context = context;
  }

  /** Whether it is of the platform with this context. */
  isOf(context: KubernetesContext): boolean {
    return this.context === context;
  }
}

/** A noun that other workloads may be started after. */
export abstract class KubernetesWorkload<Kind extends "service" | "job" | "gang"> extends w.Noun<Kind> {
  /** The object behind it; resolves when the promise of the noun is kept. */
  abstract readonly done: Promise<pulumi.Resource>;
}

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
