import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

import type { CompleteContainer } from "../container.ts";
import { type GangEnvValue, isReference, type SecretValue, serviceTextOf } from "../env.ts";
import { nothingLeft } from "./refuse.ts";

/** What of a container decides whether work runs again, what only says how large it is, and which flows it opens. */
export function partsOf(container: CompleteContainer) {
  const { image, command, args, env, mounts, resources, scratch, sharedMemory, stopGrace, user, calls, outside, hosts, ...rest } =
    container;
  nothingLeft(rest);
  return {
    work: { image, command, args, env, mounts, hosts },
    /** A changed size waits for the next run. */
    sizes: { resources, scratch, sharedMemory, stopGrace, user },
    flows: { calls, outside },
  };
}

/**
 * Hash of all that decides whether a job runs again: image, command, arguments, environment, mount points and declared
 * inputs. Secret values are left out, so that it may be shown; `secret` may add what stands for one, e.g. the name of the
 * object that holds it.
 */
export function fingerprintOf(
  container: CompleteContainer,
  inputs: Readonly<Record<string, pulumi.Input<string>>>,
  secret: (value: SecretValue) => pulumi.Input<string> = ({ secret: { name }, key }) => `${name}/${key}`,
): pulumi.Output<string> {
  const { image, command, args, env, mounts, hosts, ...rest } = partsOf(container).work;
  nothingLeft(rest);
  const variables = Object.entries(env).map(([name, value]) => [name, isReference(value) ? meaningOf(value, secret) : value]);
  // The key is part of the hash: another word for it would run every job again.
  const names = Object.keys(hosts).length === 0 ? {} : { hosts };
  return hashOf({ image, command, args, told: variables, mounts: mounts.map(placeOf), inputs, ...names });
}

/** A mount by its point; a folder of the host also by itself, because nothing else identifies its content. */
function placeOf(mount: CompleteContainer["mounts"][number]): string | string[] {
  return "hostFolder" in mount ? [mount.hostFolder, mount.path] : mount.path;
}

/** Twelve hexadecimal digits that follow from a value, known when all of it is. */
export function hashOf(value: object): pulumi.Output<string> {
  return pulumi.output<object>(value).apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 12));
}

type Reference = Extract<GangEnvValue, { from: string }>;

function meaningOf(value: Reference, secret: (value: SecretValue) => pulumi.Input<string>): pulumi.Input<string> {
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
