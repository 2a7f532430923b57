import * as pulumi from "@pulumi/pulumi";

import { type GangEnvValue, isReference, Refusal, serviceTextOf, unreachable } from "../workload/adapter/index.ts";
import { objectNameOf } from "./handles.ts";
import { escapeVariables } from "./literal.ts";
import type { inputs } from "./provider.ts";

/** Where a Job's controller writes the index of a pod. */
const INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/** A container's variables, in a fixed order. */
export function envOf(env: Readonly<Record<string, GangEnvValue>>, leader: string): inputs.core.v1.EnvVar[] {
  return Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, ...sourceOf(name, value, leader) }));
}

function sourceOf(name: string, value: GangEnvValue, leader: string): Omit<inputs.core.v1.EnvVar, "name"> {
  if (!isReference(value)) return { value: literal(plain(name, value)) };
  switch (value.from) {
    case "secret":
      return { valueFrom: { secretKeyRef: { name: objectNameOf(value.secret), key: value.key } } };
    case "service-address":
    case "service-endpoint":
    case "service-url":
      return { value: serviceTextOf(value) };
    case "member-index":
      return { valueFrom: { fieldRef: { fieldPath: INDEX } } };
    case "leader-address":
      return { value: leader };
    default:
      return unreachable(value);
  }
}

/** The value, which must not be a secret: users who may read pods could read it. */
function plain(name: string, value: pulumi.Input<string>): pulumi.Input<string> {
  if (typeof value === "string") return value;
  const known = pulumi.output(value);
  return pulumi.output(pulumi.isSecret(known)).apply((secret) => {
    if (!secret) return known;
    throw new Refusal(
      `variable "${name}" is a secret, which a pod would show; give it to the platform (\`platform.secret\`) and name it by secretValue(…)`,
    );
  });
}

/** The text as a pod's field has it, which the program reads as it was given. */
export function literal<T extends pulumi.Input<string>>(text: T): T | string | pulumi.Output<string> {
  return typeof text === "string" ? escapeVariables(text) : pulumi.output<string>(text).apply(escapeVariables);
}
