import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

import type { CompleteContainer } from "../container.ts";
import { type GangEnvValue, isReference, type SecretValue, serviceTextOf } from "../env.ts";

/**
 * Hash of all that decides whether a job runs again: image, command, arguments, environment, mount points and declared
 * inputs. A limit is not among them. Secret values are left out, so that it may be shown; `secret` may add what stands
 * for one, e.g. the name of the object that holds it.
 */
export function fingerprintOf(
  { image, command, args, env, mounts }: CompleteContainer,
  inputs: Readonly<Record<string, pulumi.Input<string>>>,
  secret: (value: SecretValue) => pulumi.Input<string> = ({ secret: { name }, key }) => `${name}/${key}`,
): pulumi.Output<string> {
  const told = Object.entries(env).map(([name, value]) => [name, isReference(value) ? meant(value, secret) : value]);
  return hashOf({ image, command, args, told, mounts: mounts.map(placeOf), inputs });
}

/** A mount by its point; a folder of the host also by itself, since nothing else stands for what it holds. */
function placeOf(mount: CompleteContainer["mounts"][number]): string | string[] {
  return "hostFolder" in mount ? [mount.hostFolder, mount.path] : mount.path;
}

/** Twelve hexadecimal digits that follow from a value, known once all of it is. */
export function hashOf(value: object): pulumi.Output<string> {
  return pulumi.output<object>(value).apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 12));
}

type Reference = Extract<GangEnvValue, { from: string }>;

function meant(value: Reference, secret: (value: SecretValue) => pulumi.Input<string>): pulumi.Input<string> {
  switch (value.from) {
    case "secret":
      return pulumi.output(secret(value)).apply((name) => `secret ${name}`);
    case "service-address":
      return `service ${value.service.name}`;
    case "service-endpoint":
    case "service-url":
      return `service ${serviceTextOf(value)}`;
    default:
      return value.from;
  }
}
