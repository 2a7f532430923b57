import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

import type { CompleteContainer } from "../container.ts";
import { type GangEnvValue, isReference, type SecretValue, serviceTextOf } from "../env.ts";
import type { ConfigFiles } from "../handles.ts";
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

/** What a target knows of the run that is asked for, and of the last one. */
export interface RunFacts {
  /** What stands for a secret value and changes with it, without showing anything of it. */
  readonly secret: (value: SecretValue) => pulumi.Input<string>;
  /** A name that follows from the content of mounted files. */
  readonly files: (files: ConfigFiles) => string;
  /** Which failed run this one repeats; empty for none. */
  readonly retry: string;
  /** Fingerprint of the last run, where it has mounted files of this content and repeated the same failed run. */
  readonly last: string | undefined;
}

/**
 * Hash of all that decides whether a job runs again: image, command, arguments, environment, mount points, the content of
 * mounted files, declared inputs, and a failure before. It may be shown: what stands for secret values says nothing of them.
 *
 * A run of a release whose fingerprint had neither files nor failures keeps that one, so that an upgrade renews nothing.
 */
export function fingerprintOf(
  container: CompleteContainer,
  inputs: Readonly<Record<string, pulumi.Input<string>>>,
  { secret, files, retry, last }: RunFacts,
): pulumi.Output<string> {
  const { image, command, args, env, mounts, hosts, ...rest } = partsOf(container).work;
  nothingLeft(rest);
  const variables = Object.entries(env).map(([name, value]) => [name, isReference(value) ? meaningOf(value, secret) : value]);
  // The key is part of the hash: another word for it would run every job again.
  const names = Object.keys(hosts).length === 0 ? {} : { hosts };
  const work = { image, command, args, told: variables, mounts: mounts.map(placeOf), inputs, ...names };
  const content = mounts.flatMap((mount) => ("files" in mount ? [files(mount.files)] : []));
  const more = { ...(content.length === 0 ? {} : { files: content }), ...(retry === "" ? {} : { retry }) };
  return pulumi.all([hashOf({ ...work, ...more }), hashOf(work)]).apply(([now, former]) => (former === last ? former : now));
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
