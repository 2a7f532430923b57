import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { labelsOf } from "./labels.ts";
import { KubernetesObject } from "./noun.ts";
import { nameOf, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";

/**
 * Secret values, stored only here. The object's name is random, so that a changed value makes a new object and restarts
 * the workloads that read it, and no name shows anything of a value.
 */
export class KubernetesSecret extends KubernetesObject<"secret"> implements w.Secret {
  readonly keys: readonly string[];
  readonly objectName: pulumi.Output<string>;

  constructor(context: KubernetesContext, name: string, given: w.SecretSpec, opts: w.ChildOptions) {
    const { values, ...rest } = w.parse({ kind: "secret", name }, w.secretSpec, given);
    w.nothingLeft(rest);
    super(context, "secret", name, opts);

    this.keys = Object.keys(values);
    const object = new DeclaredObject(context, this, "Secret", name, { unnamed: true });
    const secret = new k8s.Secret(
      name,
      {
        ...object.inputs({ namespace: context.namespace, labels: labelsOf(context.stack, name) }, { immutable: true }),
        stringData: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pulumi.secret(value)])),
      },
      { ...optionsOf(context, this), ...object.options() },
    );
    this.objectName = nameOf(secret);
    this.registerOutputs({});
  }
}
