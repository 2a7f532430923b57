import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Registered } from "./project.ts";

/** An object as it is applied; only what is read here has a type. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly { readonly image: string }[] } } };
}

/** Kinds in the order in which tools such as Helm apply them. */
const ORDER = [
  "Namespace",
  "NetworkPolicy",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "PersistentVolumeClaim",
  "Service",
  "PodDisruptionBudget",
];

/** How the SDK marks a secret value in the state. */
const SIGNATURE = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

/** The very objects that Pulumi sent to the cluster, in an order in which they can be applied. */
export function manifestsOf(resources: readonly Registered[]): Manifest[] {
  const rank = ({ kind }: Manifest) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => readable(inputs) as Manifest)
    .sort((a, b) => rank(a) - rank(b));
}

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  const { [SIGNATURE.key]: signature, plaintext } = value as Record<string, unknown>;
  if (signature === SIGNATURE.secret) return readable(JSON.parse(String(plaintext)));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}

/** The image of each workload, by its name. */
export function imagesIn(manifests: readonly Manifest[]): ReadonlyMap<string, string> {
  const images = manifests.map(({ metadata, spec }) => [metadata.name, spec?.template?.spec.containers[0]?.image ?? ""] as const);
  return new Map(images.filter(([, image]) => image !== ""));
}

/** Writes objects into a new folder, one file each: kubectl applies them in the order of the files' names. */
export function writeManifests(folder: string, manifests: readonly Manifest[]): string {
  mkdirSync(folder, { recursive: true });
  for (const [index, one] of manifests.entries())
    writeFileSync(join(folder, `${String(index).padStart(3, "0")}.json`), JSON.stringify(one), { mode: 0o600 });
  return folder;
}
