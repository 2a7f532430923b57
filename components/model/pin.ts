import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { modelReference, splitReference } from "./name.ts";
import { ModelRegistry, type RegistryAddress, RegistrySilence } from "./registry.ts";

/** A model version that is to be served. */
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
  /** Where its model registry answers the machine that deploys; undefined before there is one. */
  readonly registry?: string | undefined;
  /** Versions that it serves, by the place that serves them. */
  readonly models: Readonly<Record<string, z.output<typeof pin>>>;
}

/** The first releases kept no name. */
const pin = z.object({ name: z.string().optional(), version: z.string(), sha256: z.string().optional() });
const outputs = z.object({ registry: z.string().optional().catch(undefined), models: z.record(z.string(), pin).catch({}) });

/** Whether the registry must not be asked: the versions of the last deployment are deployed again. */
const OFFLINE = "MLSTACK_OFFLINE";

/** How a version is chosen. */
export interface PinOptions {
  /** Place that serves it, e.g. `api`; the next deployment finds the version of today under it. */
  readonly place: string;
  /** The registry; its address is an output of the last deployment. */
  readonly registry: RegistryAddress | undefined;
  /** Why there is no registry to ask, as messages say it. Default: no deployment has published one yet. */
  readonly unasked?: string | undefined;
  /** What the last deployment left. */
  readonly before: Deployed;
}

/** The outputs of this stack's last finished deployment. */
export async function readDeployed(): Promise<Deployed> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const self = new pulumi.StackReference(name);
  const [registry, models] = await Promise.all([self.getOutputDetails("registry"), self.getOutputDetails("models")]);
  return outputs.parse({ registry: registry.value, models: models.value });
}

/**
 * The version that a reference names now: `fraud@production` follows the alias with every deployment, `fraud/3` holds on to
 * one, so that applying an older commit again brings its version back. The preview says what changes.
 *
 * The registry may be a part of the very deployment that asks: where it does not answer, or does not accept a password that
 * is only now to be set, the version of the last deployment stays, and a warning says so.
 *
 * @returns undefined where there is nothing to serve yet: no version has been deployed, and none can be found.
 * @throws pulumi.RunError for a wrong reference, an unknown alias or version, and a version that nobody can confirm.
 */
export async function pinnedModel(reference: string, options: PinOptions): Promise<PinnedModel | undefined> {
  const { place, before } = options;
  // The first release kept versions by reference.
  const last = before.models[place] ?? before.models[reference];
  try {
    return await named(reference, last, options);
  } catch (error) {
    if (error instanceof RegistrySilence) return kept(reference, last, error.message);
    throw error;
  }
}

type Pin = z.output<typeof pin>;

/** What the registry answers. @throws RegistrySilence where none does. */
async function named(reference: string, last: Pin | undefined, { registry, unasked }: PinOptions): Promise<PinnedModel | undefined> {
  const { name, alias, number } = partsOf(reference);
  if (isOffline()) throw new RegistrySilence("--offline asks no model registry");
  if (registry === undefined) throw new RegistrySilence(unasked ?? "no deployment of this stack has published a model registry yet");
  const asked = new ModelRegistry(registry);
  const found = number === undefined ? await asked.byAlias(name, alias) : await asked.byNumber(name, number);
  if (found === undefined) {
    if (last !== undefined)
      throw new pulumi.RunError(`model ${reference}: version ${last.version} is served, and the registry no longer knows the model`);
    void pulumi.log.warn(
      `model ${reference}: not served yet, the registry has no version of it. Train and register one, then deploy again.`,
    );
    return undefined;
  }
  announce(reference, isOf(name, last) ? last?.version : undefined, found.version);
  return { name, reference, version: found.version, ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }) };
}

/**
 * What the last deployment served, where no registry answers; never another model or version than the reference names.
 *
 * @param why no registry answers
 */
function kept(reference: string, last: Pin | undefined, why: string): PinnedModel | undefined {
  const { name, number } = partsOf(reference);
  if (last === undefined) {
    void pulumi.log.warn(
      `model ${reference}: not served yet, since ${why}. Deploy again when the registry answers and has a version of it.`,
    );
    return undefined;
  }
  const { version, sha256 } = last;
  const follows = number === undefined || number === version || isOffline();
  if (!isOf(name, last) || !follows) {
    const served = isOf(name, last) ? `version ${version}` : `${last.name} version ${version}`;
    throw new pulumi.RunError(
      `model ${reference}: ${served} is served now, and no registry confirms ${reference}, since ${why}. Deploy first with ${last.name ?? name}/${version}, then with ${reference} when the registry answers.`,
    );
  }
  const again = isOffline() ? "Deploy without --offline" : "Deploy again when the registry answers";
  if (number !== version)
    void pulumi.log.warn(`model ${reference}: version ${version} stays, since ${why}. ${again} to follow the reference.`);
  return { name, reference, version, ...(sha256 === undefined ? {} : { sha256 }) };
}

function isOffline(): boolean {
  return process.env[OFFLINE] === "1";
}

function isOf(name: string, last: Pin | undefined): boolean {
  return last?.name === undefined || last.name === name;
}

/** The form in which a program exports what it serves, for its next deployment: `export const models = pinsOf({ api: … })`. */
export function pinsOf(models: Readonly<Record<string, PinnedModel | undefined>>): Deployed["models"] {
  return Object.fromEntries(
    Object.entries(models).flatMap(([place, model]) => {
      if (model === undefined) return [];
      const { name, version, sha256 } = model;
      return [[place, { name, version, ...(sha256 === undefined ? {} : { sha256 }) }]];
    }),
  );
}

/** Name, and alias or number, of a reference. */
export function partsOf(reference: string): { name: string; alias: string; number: string | undefined } {
  const parts = splitReference(reference);
  if (parts !== undefined) return parts;
  throw new pulumi.RunError(`model: ${modelReference.safeParse(reference, { reportInput: true }).error?.issues[0]?.message}`);
}

function announce(reference: string, before: string | undefined, now: string): void {
  if (before === now) return;
  void pulumi.log.info(`model ${reference}: version ${before === undefined ? now : `${before} → ${now}`}`);
}
