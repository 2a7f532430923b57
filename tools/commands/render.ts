import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { mlStack } from "../../infra/ml-stack.ts";
import { unaskedModels } from "../../infra/models.ts";
import { offlinePlatform } from "../../infra/platform.ts";
import { declareOn } from "../../infra/program.ts";
import { readSettings } from "../../infra/read.ts";
import { stackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { type Stack, trackedConfig } from "../setup/stack.ts";

/** Shown in the place of a secret value. */
const MASK = "(secret)";
/** Shown in the place of the digest of an image that would be built and pushed. */
const UNKNOWN_DIGEST = "(digest, known once the image is pushed)";

/**
 * Writes what a stack would apply to its cluster, one file an object, into `rendered/<stack>`: without a cluster, an
 * engine or a password. Secrets are masked.
 */
export async function render(stack: Stack): Promise<number> {
  const { name } = stack;
  const { config, secrets } = configOf(stack);
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secrets);
  pulumi.runtime.setAllConfig(config, secrets);
  const objects = await recorded(stack, async () => {
    const settings = await readSettings(stackSettings);
    const platform = await offlinePlatform(settings.platform);
    if (platform === undefined) throw new Problem(`Stack "${name}" runs on Docker, which has no manifests; name a stack on Kubernetes.`);
    await declareOn(platform, settings, (system) => mlStack(system, settings, unaskedModels(settings)));
  });
  const folder = join(ROOT, "rendered", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, object } of objects)
    writeFileSync(join(folder, file), stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  process.stdout.write(`${objects.length} objects in rendered/${name}\n`);
  return 0;
}

/** The tracked settings as the program gets them: everything as text, what is encrypted as a mask. */
function configOf(stack: Stack): { config: Record<string, string>; secrets: string[] } {
  const entries = Object.entries(trackedConfig(stack));
  const isSecret = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;
  const text = (value: unknown) => (isSecret(value) ? MASK : typeof value === "string" ? value : JSON.stringify(value));
  return {
    config: Object.fromEntries(entries.map(([key, value]) => [key, text(value)])),
    secrets: entries.filter(([, value]) => isSecret(value)).map(([key]) => key),
  };
}

interface Rendered {
  readonly file: string;
  readonly object: object;
}

/** A refusal of the platform, which comes once the program has declared all, is a user's mistake as any other. */
function endOnRefusal(error: unknown): void {
  if (!pulumi.RunError.isInstance(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** Runs a program against an engine that only records what is registered. */
async function recorded({ project, name: stack }: Stack, program: () => Promise<void>): Promise<Rendered[]> {
  const objects: Rendered[] = [];
  process.once("unhandledRejection", endOnRefusal);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const state = { ...inputs, ...outputsOf(type, name, inputs) };
        if (/^kubernetes:/.test(type)) objects.push(rendered(name, state));
        return { id: `${name}-id`, state };
      },
      call: ({ inputs }) => inputs,
    },
    project,
    stack,
  );
  try {
    await program();
  } catch (error) {
    throw pulumi.RunError.isInstance(error) || pulumi.ResourceError.isInstance(error) ? new Problem(error.message) : error;
  }
  // The platform begins to register once the program has declared all.
  await new Promise((resolve) => setImmediate(resolve));
  await pulumi.runtime.disconnect();
  return objects.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** What a cluster or registry would answer: the name of an object that has none, the digest of an image. */
function outputsOf(type: string, name: string, { metadata, input }: { metadata?: object; input?: unknown }): object {
  if (type === "pulumi:index:Stash") return { output: input };
  if (type === "docker:index/registryImage:RegistryImage") return { sha256Digest: UNKNOWN_DIGEST };
  return metadata === undefined ? {} : { metadata: { name, ...metadata } };
}

function rendered(name: string, state: Record<string, unknown>): Rendered {
  const { apiVersion, kind, metadata, ...rest } = masked(state) as Record<string, unknown>;
  return { file: `${String(kind).toLowerCase()}-${name}.yaml`, object: { apiVersion, kind, metadata, ...rest } };
}

/** The same value with every secret in it masked. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  const { specialSigKey, specialSecretSig } = pulumi.runtime;
  if (Reflect.get(value, specialSigKey) === specialSecretSig) {
    const { value: inner } = value as { value: unknown };
    return typeof inner === "object" && inner !== null ? Object.fromEntries(Object.keys(inner).map((key) => [key, MASK])) : MASK;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}
