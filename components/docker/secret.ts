import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { SECRET_VALUE } from "../workload/change.ts";
import type { DockerContext } from "./context.ts";

/** Secret values, passed to containers as variables; the state holds them encrypted. */
export class DockerSecret extends w.Noun<"secret"> implements w.Secret {
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(context: DockerContext, name: string, given: w.SecretSpec, opts: w.ChildOptions) {
    const { values, ...rest } = w.parse({ kind: "secret", name }, w.secretSpec, given);
    w.nothingLeft(rest);
    super(context, "secret", name, opts);

    this.keys = Object.keys(values);
    this.values = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        pulumi.secret(context.marksSecrets ? pulumi.interpolate`${SECRET_VALUE}${value}` : value),
      ]),
    );
    this.registerOutputs({});
  }
}
