import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { checkFiles } from "../../infra/check.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { unaskedModels } from "../../infra/models.ts";
import { offlinePlatform } from "../../infra/platform.ts";
import { declareOn } from "../../infra/program.ts";
import { withSecretOutputs } from "../../infra/read.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { resolvedSettings } from "../setup/layers.ts";
import type { Stack } from "../setup/stack.ts";

/** Shown in the place of a secret value. */
const MASK = "(secret)";
/** What the program reads in the place of a secret: it keeps the rules for keys and passwords. */
const PLACEHOLDER = "a-secret-that-the-settings-do-not-show";
/** Shown in the place of the digest of an image that would be built and pushed. */
const UNKNOWN_DIGEST = "(digest, known once the image is pushed)";

/**
 * Writes what a stack would apply to its cluster, one file an object, into `rendered/<stack>`, or `rendered/<project>/<stack>` for another project: without a cluster, an
 * engine or a password. Secrets are masked.
 */
export async function render(stack: Stack): Promise<number> {
  const { name } = stack;
  const given = settingsOf(stack);
  const objects = await recorded(stack, async () => {
    const settings = withSecretOutputs(stackSettings, given);
    const platform = await offlinePlatform(settings.platform);
    if (platform === undefined) throw new Problem(`Stack "${name}" runs on Docker, which has no manifests; name a stack on Kubernetes.`);
    await declareOn(platform, settings, (system) => mlStack(system, settings, unaskedModels(settings)));
  });
  const place = stack.folder === resolve(ROOT) ? name : join(stack.project, name);
  const folder = join(ROOT, "rendered", place);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, object } of objects)
    writeFileSync(join(folder, file), stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  process.stdout.write(`${objects.length} objects in rendered/${place}\n`);
  return 0;
}

/** A stack's settings with a placeholder for everything that is encrypted or missing. @throws Problem with every mistake of them */
function settingsOf(stack: Stack): StackSettings {
  const resolved = resolvedSettings(stack, stackSettings);
  const { settings, mistakes } = checkFiles(stackSettings, resolved, PLACEHOLDER);
  if (settings === undefined) throw new Problem(mistakeText(`Pulumi.${stack.name}.yaml`, mistakes, resolved.positionOf));
  return settings;
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
  acceptHooks();
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

/** Mocks know no hooks, which would act on an engine. */
function acceptHooks(): void {
  const monitor: object | undefined = pulumi.runtime.getMonitor();
  const registerResourceHook = (_: unknown, done: (error: null, answer: object) => void) => done(null, {});
  if (monitor !== undefined) Object.assign(monitor, { registerResourceHook });
}

/** What a cluster or registry would answer: the name of an object that has none, the digest of an image. */
function outputsOf(type: string, name: string, { metadata, input }: { metadata?: object; input?: unknown }): object {
  if (type === "pulumi:index:Stash") return { output: input };
  if (type === "docker:index/registryImage:RegistryImage") return { sha256Digest: UNKNOWN_DIGEST };
  return metadata === undefined ? {} : { metadata: { name, ...metadata } };
}

function rendered(name: string, state: Record<string, unknown>): Rendered {
  const { apiVersion, kind, metadata, ...rest } = maskedObject(state);
  return { file: `${String(kind).toLowerCase()}-${name}.yaml`, object: { apiVersion, kind, metadata, ...rest } };
}

function maskedObject(state: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).map(([key, inner]) => [key, masked(inner)]));
}

/** The same value with every secret in it masked. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return value;
  const { specialSigKey, specialSecretSig } = pulumi.runtime;
  if (value[specialSigKey] !== specialSecretSig) return maskedObject(value);
  const { value: inner } = value;
  return isObject(inner) ? Object.fromEntries(Object.keys(inner).map((key) => [key, MASK])) : MASK;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
