import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { ModelRegistry, type RegistryAddress } from "./model-registry.ts";

/** A version that is to be served. */
export interface PinnedModel {
  readonly name: string;
  /** The reference it was found by: `fraud@production` or `fraud/3`. */
  readonly reference: string;
  readonly version: string;
  /** SHA-256 of its list of checksums, where training noted it. */
  readonly sha256?: string | undefined;
}

/** What the last finished deployment of this stack left in its outputs for the next. */
export interface Deployed {
  /** Where its registry answers the machine that deploys; undefined before there is one. */
  readonly registry?: string | undefined;
  /** Versions that it serves, by reference. */
  readonly models: Readonly<Record<string, z.output<typeof pin>>>;
}

const pin = z.object({ version: z.string(), sha256: z.string().optional() });
const outputs = z.object({ registry: z.string().optional().catch(undefined), models: z.record(z.string(), pin).catch({}) });

/** Whether the registry must not be asked: the versions of the last deployment are deployed again. */
const OFFLINE = "MLSTACK_OFFLINE";

/** How a version is chosen. */
export interface PinOptions {
  /** The registry; its address is an output of the last deployment, or a setting where the registry is another's. */
  readonly registry: RegistryAddress | undefined;
  /** What the last deployment left. */
  readonly deployed: Deployed;
  /** A version that this commit holds on to, whatever the alias names. */
  readonly version?: string | undefined;
}

/** The outputs of this stack's last finished deployment. */
export async function deployed(): Promise<Deployed> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const self = new pulumi.StackReference(name);
  const [registry, models] = await Promise.all([self.getOutputDetails("registry"), self.getOutputDetails("models")]);
  return outputs.parse({ registry: registry.value, models: models.value });
}

/**
 * The version that a reference names now: `fraud@production` follows the alias with every deployment, `fraud/3` and a
 * `version` of the stack file hold on to one, so that applying an older commit again brings its version back. Says in
 * the preview what changes.
 *
 * @returns undefined where there is nothing to serve yet: no registry has been deployed, or the model has no version.
 * @throws pulumi.RunError for a wrong reference, an unknown alias or version, and a registry that does not answer.
 */
export async function pinnedModel(reference: string, options: PinOptions): Promise<PinnedModel | undefined> {
  const before = options.deployed.models[reference];
  const { name, alias, number } = parts(reference);
  if (process.env[OFFLINE] === "1") {
    if (before === undefined)
      throw new pulumi.RunError(`model ${reference}: --offline deploys what ran before, and this stack has served none; leave it out`);
    return { name, reference, ...before };
  }
  if (options.registry === undefined) {
    nothingYet(reference, "the model registry comes with this deployment");
    return undefined;
  }
  const registry = new ModelRegistry(options.registry);
  const wanted = options.version ?? number;
  const found = wanted === undefined ? await registry.byAlias(name, alias ?? "") : await registry.byNumber(name, wanted);
  if (found === undefined) {
    if (before !== undefined)
      throw new pulumi.RunError(`model ${reference}: version ${before.version} is served, and the registry no longer knows the model`);
    nothingYet(reference, "the registry has no version of it");
    return undefined;
  }
  announce(reference, before?.version, found.version);
  return { name, reference, version: found.version, ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }) };
}

/** The form in which a program exports what it serves, for its next deployment: `export const models = pins([…])`. */
export function pins(models: readonly (PinnedModel | undefined)[]): Deployed["models"] {
  const served = models.filter((model) => model !== undefined);
  return Object.fromEntries(
    served.map(({ reference, version, sha256 }) => [reference, { version, ...(sha256 === undefined ? {} : { sha256 }) }]),
  );
}

function parts(reference: string): { name: string; alias?: string; number?: string } {
  const match = /^([A-Za-z0-9._-]+)(?:@([A-Za-z0-9_-]+)|\/([1-9]\d*))$/.exec(reference);
  const [, name, alias, number] = match ?? [];
  if (name === undefined)
    throw new pulumi.RunError(`model: must be "NAME@ALIAS" or "NAME/VERSION", such as "fraud@production", got "${reference}"`);
  return { name, ...(alias === undefined ? {} : { alias }), ...(number === undefined ? {} : { number }) };
}

function announce(reference: string, before: string | undefined, now: string): void {
  if (before === now) return;
  void pulumi.log.info(`model ${reference}: version ${before === undefined ? now : `${before} → ${now}`}`);
}

function nothingYet(reference: string, why: string): void {
  void pulumi.log.warn(`model ${reference}: not served yet, ${why}. Train and register one, then deploy again.`);
}
