import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "../workload/index.ts";
import { ModelRegistry, type RegistryAddress } from "./registry.ts";

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

/** A registered model's version, by alias or by number: `fraud@production`, `fraud/3`. */
export const modelReference = z.string().regex(/^[^/:@]+(@[A-Za-z0-9_-]+|\/[1-9]\d*)$/, {
  error: ({ input }) => `must be NAME@ALIAS or NAME/VERSION, for example "fraud@production" or "fraud/3", got ${w.quoted(input)}`,
});

const pin = z.object({ version: z.string(), sha256: z.string().optional() });
const outputs = z.object({ registry: z.string().optional().catch(undefined), models: z.record(z.string(), pin).catch({}) });

/** Whether the registry must not be asked: the versions of the last deployment are deployed again. */
const OFFLINE = "MLSTACK_OFFLINE";

/** How a version is chosen. */
export interface PinOptions {
  /** Place that serves it, e.g. `api`; the next deployment finds the version of today under it. */
  readonly place: string;
  /** The registry; its address is an output of the last deployment. */
  readonly registry: RegistryAddress | undefined;
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
 * @returns undefined where there is nothing to serve yet: no registry has been deployed, or the model has no version.
 * @throws pulumi.RunError for a wrong reference, an unknown alias or version, and a registry that does not answer.
 */
export async function pinnedModel(reference: string, { place, registry, before }: PinOptions): Promise<PinnedModel | undefined> {
  const { name, alias, number } = partsOf(reference);
  // The first release kept versions by reference.
  const last = before.models[place] ?? before.models[reference];
  if (process.env[OFFLINE] === "1") {
    if (last === undefined)
      throw new pulumi.RunError(`model ${reference}: --offline deploys what ran before, and this stack has served none; leave it out`);
    return { name, reference, ...last };
  }
  if (registry === undefined) {
    warnNothingYet(reference, "the model registry comes with this deployment");
    return undefined;
  }
  const asked = new ModelRegistry(registry);
  const found = number === undefined ? await asked.byAlias(name, alias) : await asked.byNumber(name, number);
  if (found === undefined) {
    if (last !== undefined)
      throw new pulumi.RunError(`model ${reference}: version ${last.version} is served, and the registry no longer knows the model`);
    warnNothingYet(reference, "the registry has no version of it");
    return undefined;
  }
  announce(reference, last?.version, found.version);
  return { name, reference, version: found.version, ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }) };
}

/** The form in which a program exports what it serves, for its next deployment: `export const models = pinsOf({ api: … })`. */
export function pinsOf(models: Readonly<Record<string, PinnedModel | undefined>>): Deployed["models"] {
  return Object.fromEntries(
    Object.entries(models).flatMap(([place, model]) => {
      if (model === undefined) return [];
      const { version, sha256 } = model;
      return [[place, { version, ...(sha256 === undefined ? {} : { sha256 }) }]];
    }),
  );
}

/** Name, and alias or number, of a reference. */
export function partsOf(reference: string): { name: string; alias: string; number: string | undefined } {
  const checked = modelReference.safeParse(reference, { reportInput: true });
  if (!checked.success) throw new pulumi.RunError(`model: ${checked.error.issues[0]?.message}`);
  const [, name = "", alias = "", number] = /^([^/:@]+)(?:@(.+)|\/(.+))$/.exec(reference) ?? [];
  return { name, alias, number };
}

function announce(reference: string, before: string | undefined, now: string): void {
  if (before === now) return;
  void pulumi.log.info(`model ${reference}: version ${before === undefined ? now : `${before} → ${now}`}`);
}

function warnNothingYet(reference: string, why: string): void {
  void pulumi.log.warn(`model ${reference}: not served yet, ${why}. Train and register one, then deploy again.`);
}
