import * as pulumi from "@pulumi/pulumi";

import { Problem } from "../lib/problem.ts";
import { checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";

/** Shown in the place of a secret value. */
const MASK = "(secret)";
/** Shown in the place of the digest of an image that would be built and pushed. */
const UNKNOWN_DIGEST = "(digest, known once the image is pushed)";

/** A resource that a program has registered. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** An object of Kubernetes among them. */
export interface Rendered {
  readonly file: string;
  readonly object: object;
}

/** What would be applied to a cluster, by file. */
export function renderedIn(registrations: readonly Registration[]): Rendered[] {
  const objects = registrations.flatMap(({ type, name, inputs }) => (type.startsWith("kubernetes:") ? [rendered(name, inputs)] : []));
  return objects.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** By which a program reads what its own state has. */
const READ_STATE = "pulumi:pulumi:readStackResourceOutputs";
/** Pulumi's own word for every organization of a state in a folder. */
const ORGANIZATION = "organization";

/** What the stack's state on this machine has, in the engine's form. */
function stateOf(stack: Stack): { outputs: Readonly<Record<string, { outputs: object }>> } {
  const resources = checkpointOf(stack)?.resources ?? [];
  return {
    outputs: Object.fromEntries(
      resources.map(({ urn, id, outputs }) => [urn, { outputs: { ...(id === undefined ? {} : { id }), ...withoutSecrets(outputs) } }]),
    ),
  };
}

/** What the state keeps encrypted cannot be read here. */
function withoutSecrets(value: unknown): object {
  const of = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(of);
    if (!isObject(inner)) return inner;
    return pulumi.runtime.specialSigKey in inner ? MASK : Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, of(one)]));
  };
  return Object(of(value));
}

/** The program itself ends with the platform's refusal; what waits for it, and so is refused too, says nothing more. */
function ignoreRefusals(error: unknown): void {
  if (!pulumi.RunError.isInstance(error)) throw error;
}

/** Runs a program against an engine that only records what is registered. @param preview whether nothing is waited for, as in a preview · @param open whether secrets are not masked: give it placeholders only */
export async function recorded(
  { folder, project, name: stack }: Stack,
  program: () => Promise<void>,
  { preview = false, open = false }: { readonly preview?: boolean; readonly open?: boolean } = {},
): Promise<Registration[]> {
  const registrations: Registration[] = [];
  const state = stateOf({ folder, project, name: stack });
  process.on("unhandledRejection", ignoreRefusals);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const made = { ...inputs, ...outputsOf(type, name, inputs) };
        registrations.push({ type, name, inputs: open ? opened(made) : maskedObject(made) });
        return { id: `${name}-id`, state: made };
      },
      call: ({ token, inputs }) => (token === READ_STATE ? state : inputs),
    },
    project,
    stack,
    preview,
    ORGANIZATION,
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
  process.off("unhandledRejection", ignoreRefusals);
  return registrations;
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

function rendered(name: string, inputs: Readonly<Record<string, unknown>>): Rendered {
  const { apiVersion, kind, metadata, ...rest } = inputs;
  return { file: `${String(kind).toLowerCase()}-${name}.yaml`, object: { apiVersion, kind, metadata, ...rest } };
}

function maskedObject(state: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).map(([key, inner]) => [key, masked(inner)]));
}

/** The same inputs with the values of secrets in their places. */
function opened(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const of = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(of);
    if (!isObject(value)) return value;
    const { specialSigKey, specialSecretSig } = pulumi.runtime;
    if (value[specialSigKey] === specialSecretSig) return of(value["value"]);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, of(inner)]));
  };
  return of(inputs) as Record<string, unknown>;
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
