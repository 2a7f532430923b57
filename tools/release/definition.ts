import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

import { type Mistake, mistakesOf, quoted } from "../../components/workload/mistakes.ts";
import { strict } from "../../components/workload/schema.ts";
import { Problem } from "../lib/problem.ts";
import { baseMistakes, inBuildOrder } from "./order.ts";
import { type Source, sourceOf } from "./source.ts";

/** What customers' machines are. */
export const PLATFORMS = ["linux/amd64", "linux/arm64"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What is released: every image, for every platform, under one version, at one registry. */
export interface Definition {
  /** `host[:port][/path]`. */
  readonly registry: string;
  readonly version: string;
  readonly platforms: readonly Platform[];
  /** What images are built on, by platform; where nothing is said, what the Dockerfile says. */
  readonly base: Readonly<Partial<Record<Platform, string>>>;
  readonly images: readonly Source[];
  /** What some of them are built on: images that are built before them and not pushed, each after its own base. */
  readonly bases: readonly Source[];
}

/** What a customer's command line says instead of the file. */
export interface Overrides {
  readonly registry?: string | undefined;
  readonly version?: string | undefined;
}

/** A definition file as far as it is right. */
export interface Found {
  /** There when nothing is wrong. */
  readonly definition: Definition | undefined;
  readonly mistakes: readonly Mistake[];
  /** What can be looked at further even when something else is wrong. */
  readonly platforms: readonly Platform[];
  readonly images: readonly Source[];
}

const REGISTRY = /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(?=:))(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
/** Three numbers and at most a suffix; short enough for a tag that ends in a platform. */
const VERSION = /^v?\d+\.\d+\.\d+([.-][0-9A-Za-z]+)*$/;
/** Suffixes that say "whatever is newest", or that tags of one platform have. */
const NO_RELEASE = /[.-](latest|dev|snapshot|nightly|amd64|arm64)$/i;
const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

const fixedVersion = "must be a fixed version of three numbers, such as 1.4.0 or 1.4.0-rc.1";
const text = z.string().min(1, "must not be empty");

const image = {
  context: text,
  dockerfile: text.default("Dockerfile"),
  target: text.optional(),
  args: z.record(z.string(), z.string()).default({}),
  base: text.optional(),
};

const fields = {
  registry: z.string().regex(REGISTRY, {
    error: ({ input }) => `must be host[:port][/path] without https://, such as registry.example.com/ml, got ${quoted(input)}`,
  }),
  version: z
    .string({
      // YAML reads 1.4 as a number.
      error: ({ input }) => (input === undefined || input === null ? undefined : `${fixedVersion}, got ${quoted(input)}`),
    })
    .refine((version) => VERSION.test(version) && !NO_RELEASE.test(version) && version.length <= 120, {
      error: ({ input }) => `${fixedVersion}, which never moves, got ${quoted(input)}`,
    }),
  platforms: z
    .array(z.enum(PLATFORMS))
    .min(1, `must name at least one of ${PLATFORMS.join(", ")}`)
    .default([...PLATFORMS]),
  base: z
    .union([text, strict({ "linux/amd64": text.optional(), "linux/arm64": text.optional() })], {
      error: () => `must be an image, or one for each platform: { ${PLATFORMS.map((platform) => `${platform}: …`).join(", ")} }`,
    })
    .optional(),
  images: z
    .record(
      z.string().regex(NAME, { error: ({ input }) => `a name has lower-case letters, digits and inner . _ -, got ${quoted(input)}` }),
      strict(image),
    )
    .refine((images) => Object.keys(images).length > 0, "must name at least one image"),
};

const schema = strict(fields);

/** Reads a definition file, and reports all of its mistakes at once. @throws Problem when there is no such file, or no YAML in it. */
export function readDefinition(file: string, overrides: Overrides = {}): Found {
  const content = fileIn(file);
  const given: unknown = isMap(content) ? { ...content, ...overridesIn(overrides) } : content;
  const result = schema.safeParse(given, { reportInput: true });
  const map = isMap(given) ? given : {};
  const platforms = fields.platforms.safeParse(map["platforms"]).data ?? [];
  const twice = Array.isArray(map["platforms"]) ? twiceIn(map["platforms"]) : [];
  const base = fields.base.safeParse(map["base"]).data;
  const folder = dirname(resolve(file));
  // Each image that is right by itself is looked at, whatever is wrong elsewhere.
  const written = isMap(map["images"]) ? map["images"] : {};
  const found = Object.entries(written).flatMap(([name, one]) => {
    const known = z.object(image).safeParse(one);
    return known.success ? [sourceOf(folder, name, known.data, base !== undefined)] : [];
  });
  const images = found.flatMap(({ source }) => (source === undefined ? [] : [source]));
  const mistakes = [
    ...(result.success ? [] : mistakesOf(result.error)),
    ...twice,
    ...platformMistakes(base, platforms),
    ...found.flatMap((one) => one.mistakes),
    ...baseMistakes(images, Object.keys(written)),
  ].map(({ path, message }) => ({ path: path in overridesIn(overrides) ? `--${path}` : path, message }));
  const definition =
    result.success && mistakes.length === 0
      ? { ...result.data, base: byPlatform(base, result.data.platforms), ...inBuildOrder(images) }
      : undefined;
  return { definition, mistakes, platforms, images };
}

function fileIn(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Problem(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function overridesIn(overrides: Overrides): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(overrides).filter(([key, value]) => ["registry", "version"].includes(key) && value !== undefined),
  );
}

function twiceIn(platforms: readonly unknown[]): Mistake[] {
  return platforms.flatMap((platform, index) =>
    platforms.indexOf(platform) < index ? [{ path: `platforms[${index}]`, message: `${quoted(platform)} is named twice` }] : [],
  );
}

type Base = z.output<typeof fields.base>;

/** An image for some platforms is one too few for the others: it would be built on what the Dockerfile says. */
function platformMistakes(base: Base, platforms: readonly Platform[]): Mistake[] {
  if (base === undefined || typeof base === "string") return [];
  return platforms
    .filter((platform) => base[platform] === undefined)
    .map((platform) => ({ path: `base.${platform}`, message: "is required, since platforms names it" }));
}

function byPlatform(base: Base, platforms: readonly Platform[]): Partial<Record<Platform, string>> {
  if (base === undefined) return {};
  return Object.fromEntries(platforms.map((platform) => [platform, typeof base === "string" ? base : base[platform]]));
}
