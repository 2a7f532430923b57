import { registryOf } from "../../components/workload/reference.ts";
import { Problem } from "../lib/problem.ts";
import { step } from "../lib/step.ts";
import type { Bases } from "./base.ts";
import { type Build, build, buildOf, buildsOf, referenceOf } from "./build.ts";
import type { Definition, Platform } from "./definition.ts";
import type { Docker, Login } from "./docker-client.ts";
import type { Registry } from "./registry.ts";
import type { Released } from "./report.ts";
import type { Source } from "./source.ts";

/** What publishing needs besides the definition. */
export interface Means {
  readonly docker: Docker;
  readonly registry: Registry;
  readonly bases: Bases;
  /** Names of images that have the version already. */
  readonly there: readonly string[];
  /** Whether they are replaced. */
  readonly overwrite: boolean;
}

/**
 * Logs in, and returns which images have the version already: an earlier run ended between two of them, or the definition
 * has a new one.
 *
 * @throws Problem when all have it, unless they are to be replaced.
 */
export function versionsAt(registry: Registry, definition: Definition, login: Login | undefined, overwrite: boolean): Promise<string[]> {
  const host = registryOf(`${definition.registry}/`);
  return step(`registry ${host}`, async () => {
    if (login !== undefined) await registry.login(host, login);
    const there = await presentIn(registry, definition);
    const summary =
      there.length === 0 ? `has no version ${definition.version} yet` : `has version ${definition.version} of ${there.join(", ")}`;
    if (overwrite) return { summary: there.length === 0 ? summary : `${summary}, to be replaced`, value: [] };
    if (there.length === definition.images.length) throw new Problem(fixed(definition, there));
    return { summary, value: there };
  });
}

/**
 * Builds and pushes every image for every platform, then makes each version out of them: a version is never there for
 * some of its platforms only. What has the version already stays as it is.
 */
export async function publish(definition: Definition, means: Means): Promise<Released[]> {
  const { registry, there, overwrite } = means;
  const missing = definition.images.filter(({ name }) => !there.includes(name));
  const bases = new BuiltBases(definition, means);
  const digests = new Map<string, string[]>();
  for (const one of buildsOf(definition, missing)) {
    const { name } = one.source;
    digests.set(name, [...(digests.get(name) ?? []), await pushed(one, await bases.of(one.source, one.platform), means)]);
  }
  // Builds take long: another release may have brought the version meanwhile.
  const again = overwrite ? [] : await presentIn(registry, { ...definition, images: missing });
  if (again.length > 0) throw new Problem(fixed(definition, again));

  const released: Released[] = [];
  for (const { name } of definition.images) {
    const reference = referenceOf(definition, { name });
    const parts = digests.get(name);
    const digest = parts === undefined ? await registry.digestOf(reference) : await indexed(reference, parts, registry);
    released.push({ name, reference, digest, images: (await registry.find(reference)) ?? [] });
  }
  return released;
}

/** Builds and pushes one image for one platform. Returns its digest. */
function pushed(one: Build, base: string | undefined, { docker, registry }: Means): Promise<string> {
  const { source, platform, reference } = one;
  return step(`${source.name} for ${platform}`, async (report) => {
    await build(one, base, docker, report);
    const image = await registry.push(reference);
    if (image.platform !== platform)
      throw new Problem(`${reference} is for ${image.platform} at the registry; another program may push there`);
    return { summary: `pushed as ${reference}`, value: image.digest };
  });
}

/** The images that others are built on, each built when the first of them needs it, and left on the engine. */
class BuiltBases {
  private readonly definition: Definition;
  private readonly means: Means;
  private readonly built = new Set<string>();

  constructor(definition: Definition, means: Means) {
    this.definition = definition;
    this.means = means;
  }

  /** Reference of what an image is built on; undefined where its Dockerfile says so. */
  async of({ base }: Source, platform: Platform): Promise<string | undefined> {
    const source = this.definition.bases.find(({ name }) => name === base);
    if (source === undefined) return this.means.bases[platform];
    const one = buildOf(this.definition, source, platform);
    if (this.built.has(one.reference)) return one.reference;
    const below = await this.of(source, platform);
    await step(`${source.name} for ${platform}`, async (report) => {
      await build(one, below, this.means.docker, report);
      return { summary: `built as ${one.reference}`, value: undefined };
    });
    this.built.add(one.reference);
    return one.reference;
  }
}

function indexed(reference: string, parts: readonly string[], registry: Registry): Promise<string> {
  return step(reference, async () => {
    const digest = await registry.index(reference, parts);
    return { summary: `pushed as ${digest}`, value: digest };
  });
}

/** Names of the images whose version is at the registry. */
async function presentIn(registry: Registry, definition: Definition): Promise<string[]> {
  const names: string[] = [];
  for (const source of definition.images) if ((await registry.find(referenceOf(definition, source))) !== undefined) names.push(source.name);
  return names;
}

function fixed({ registry, version }: Definition, names: readonly string[]): string {
  return `${registry} has version ${version} of ${names.join(", ")} already, and a released version never changes; choose another version, or say --overwrite`;
}
