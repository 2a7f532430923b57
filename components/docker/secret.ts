import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { SECRET_VALUE } from "../workload/change.ts";
import type { DockerContext } from "./context.ts";

/** Secret values, passed to containers as variables; the state holds them encrypted. */
export class DockerSecret extends w.Noun<"secret"> implements w.Secret {
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;
  /** What stands for each value: it is another one when the value is, and shows nothing of it. */
  readonly ids: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(context: DockerContext, name: string, given: w.SecretSpec, opts: w.ChildOptions) {
    const { values, ...rest } = w.parse({ kind: "secret", name }, w.secretSpec, given);
    w.nothingLeft(rest);
    super(context, "secret", name, opts);

    this.keys = Object.keys(values);
    const last = context.record.secrets.find(({ place }) => place.name === name);
    const idOf = (key: string, value: string) =>
      (last?.values[key] === value ? last.ids[key] : undefined) ?? freshId(`${name}/${key}`, last);
    // Without an engine nothing is remembered, and two renderings are compared.
    const ids = Object.entries(values).map(
      ([key, value]) =>
        [
          key,
          context.marksSecrets ? pulumi.output(`${name}/${key}`) : pulumi.unsecret(pulumi.output(value).apply((known) => idOf(key, known))),
        ] as const,
    );
    this.ids = Object.fromEntries(ids);
    this.values = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        pulumi.secret(context.marksSecrets ? pulumi.interpolate`${SECRET_VALUE}${value}` : value),
      ]),
    );
    // The next deployment compares its values with these.
    this.registerOutputs({ values: this.values, ids: this.ids });
  }
}

/** The first value is known by its place, as it was in releases that remembered none. */
function freshId(place: string, last: object | undefined): string {
  return last === undefined ? place : `${place} ${w.chance(place)}`;
}
