import type * as pulumi from "@pulumi/pulumi";

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
  /** The object behind it; resolves when what comes after the noun may begin: a service is ready, a job has ended well, a gang has started. */
  abstract readonly done: Promise<pulumi.Resource>;
}
