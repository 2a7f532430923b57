import { relative } from "node:path";
import { stringify } from "yaml";

import { REFERENCE_IMAGES } from "../../components/reference-images.ts";
import { repositoryOf } from "../../components/workload/reference.ts";
import { buildsOf, referenceOf } from "./build.ts";
import type { Definition } from "./definition.ts";
import type { RemoteImage } from "./registry.ts";

/** An image that is at the registry under its version. */
export interface Released {
  readonly name: string;
  /** `registry.example.com/ml/api:1.4.0`. */
  readonly reference: string;
  /** Undefined where another program created the index. */
  readonly digest: string | undefined;
  readonly images: readonly RemoteImage[];
}

/** Keys of a stack file's `images`. */
const STACK_IMAGES: readonly string[] = REFERENCE_IMAGES;

/** What a release would do. */
export function plan(definition: Definition): string {
  const builds = buildsOf(definition, [...definition.bases, ...definition.images]).map(({ source, platform, reference }) => {
    const { target, args, dockerfile, context } = source;
    const base = source.base ?? definition.base[platform];
    const said = [
      `from ${relative(process.cwd(), context) || "."}`,
      ...(dockerfile === "Dockerfile" ? [] : [`by ${dockerfile}`]),
      ...(target === undefined ? [] : [`target ${target}`]),
      ...(base === undefined ? [] : [`on ${base}`]),
      ...Object.entries(args).map(([name, value]) => `${name}=${value}`),
    ];
    const verb = definition.bases.includes(source) ? "build only" : "build and push";
    return `${verb.padEnd(16)}${reference}\n${" ".repeat(16)}${said.join(", ")}`;
  });
  const indexes = definition.images.map(
    (source) => `index and push  ${referenceOf(definition, source)} (${definition.platforms.join(", ")})`,
  );
  return `${[...builds, ...indexes].join("\n")}\nnothing was built: this is a dry run\n`;
}

/** What customers run from now on, with what a stack file has to say. */
export function report(released: readonly Released[]): string {
  const list = released.map((one) => {
    const rows = byPlatform(one).map(({ platform, digest, size }) => `  ${platform.padEnd(12)} ${megabytes(size).padStart(10)}  ${digest}`);
    return [byDigest(one), ...rows].join("\n");
  });
  const known = released.filter(({ name, digest }) => STACK_IMAGES.includes(name) && digest !== undefined);
  const images = Object.fromEntries(known.map((one) => [one.name, byDigest(one)]));
  const block = stringify({ config: { "mlstack:images": images } }, { lineWidth: 0 });
  return `${list.join("\n")}\n${known.length === 0 ? "" : `\nFor the customer's stack file:\n\n${block}`}`;
}

function byPlatform({ images }: Released): RemoteImage[] {
  return [...images].sort((a, b) => (a.platform < b.platform ? -1 : 1));
}

function byDigest({ reference, digest }: Released): string {
  return digest === undefined ? `${reference} (created by another program; its digest is unknown)` : `${repositoryOf(reference)}@${digest}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
