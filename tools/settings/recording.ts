import * as pulumi from "@pulumi/pulumi";

import { SECRET_VALUE } from "../../components/workload/change.ts";
import { Problem } from "../lib/problem.ts";
import { checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";

/** Shown in the place of a secret value. */
const MASK = SECRET_VALUE;
/** Shown in the place of the digest of an image that would be built and pushed. */
const UNKNOWN_DIGEST = "(digest, known once the image is pushed)";

/** A resource that a program has registered. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The same with its secrets, which are placeholders: to compare, and to show none of it. */
  readonly opened: Readonly<Record<string, unknown>>;
  readonly urn: string;
  /** URN of what it is a child of. */
  readonly parent: string;
  /** Whether it stays when it leaves the stack. */
  readonly retained: boolean;
  /** What it was called before, as far as it says another type, name or parent. */
  readonly aliases: readonly FormerPlace[];
}

/** Where a resource may have been at an earlier deployment; what is absent is as it is now. */
export interface FormerPlace {
  readonly type?: string;
  readonly name?: string;
  /** URN of what it was a child of. */
  readonly parent?: string;
}

/** What the engine receives of a resource besides its inputs. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getRetainondelete(): boolean;
  getAliasesList(): { getSpec(): Alias | undefined }[];
}

interface Alias {
  getType(): string;
  getName(): string;
  getParenturn(): string;
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

/** What an engine would give for a resource besides its inputs; undefined where nothing is known of it. */
export type Outputs = (type: string, name: string, inputs: Readonly<Record<string, unknown>>) => object | undefined;

/**
 * Runs a program against an engine that only records what is registered.
 *
 * @param preview whether nothing is waited for, as in a preview · @param open whether secrets are not masked: give it placeholders only ·
 * @param outputs what the engine is known to give
 */
export async function recorded(
  { folder, project, name: stack }: Stack,
  program: () => Promise<void>,
  {
    preview = false,
    open = false,
    kept,
    outputs,
  }: { readonly preview?: boolean; readonly open?: boolean; readonly kept?: Map<string, unknown>; readonly outputs?: Outputs } = {},
): Promise<Registration[]> {
  const made: Pick<Registration, "type" | "name" | "inputs" | "opened">[] = [];
  const requests: Request[] = [];
  const state = stateOf({ folder, project, name: stack });
  process.on("unhandledRejection", ignoreRefusals);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const all = { ...inputs, ...outputsOf(type, name, inputs, kept), ...outputs?.(type, name, inputs) };
        const plain = opened(all);
        made.push({ type, name, inputs: open ? plain : maskedObject(all), opened: plain });
        return { id: `${name}-id`, state: all };
      },
      call: ({ token, inputs }) => (token === READ_STATE ? state : inputs),
    },
    project,
    stack,
    preview,
    ORGANIZATION,
  );
  acceptHooks((request) => requests.push(request));
  try {
    await program();
  } catch (error) {
    throw pulumi.RunError.isInstance(error) || pulumi.ResourceError.isInstance(error) ? new Problem(error.message) : error;
  }
  // The platform begins to register once the program has declared all.
  await new Promise((resolve) => setImmediate(resolve));
  await pulumi.runtime.disconnect();
  process.off("unhandledRejection", ignoreRefusals);
  return made.map((one) => placed(one, requests, { project, stack }));
}

/** A registration with its place among the others. */
function placed(
  made: Pick<Registration, "type" | "name" | "inputs" | "opened">,
  requests: readonly Request[],
  { project, stack }: { readonly project: string; readonly stack: string },
): Registration {
  const request = requests.find((one) => one.getType() === made.type && one.getName() === made.name);
  const parent = request?.getParent() ?? "";
  // Of its ancestors' types, the mocked engine puts only the next one into a name.
  const [, , types = ""] = parent.split("::");
  const above = types === "" ? "" : `${types.split("$").at(-1)}$`;
  return {
    ...made,
    urn: `urn:pulumi:${stack}::${project}::${above}${made.type}::${made.name}`,
    parent,
    retained: request?.getRetainondelete() ?? false,
    aliases: (request?.getAliasesList() ?? []).flatMap((one) => one.getSpec() ?? []).map(formerPlace),
  };
}

function formerPlace(alias: Alias): FormerPlace {
  const [type, name, parent] = [alias.getType(), alias.getName(), alias.getParenturn()];
  return { ...(type === "" ? {} : { type }), ...(name === "" ? {} : { name }), ...(parent === "" ? {} : { parent }) };
}

/** Mocks know no hooks, which would act on an engine. @param note is called with each request */
function acceptHooks(note: (request: Request) => void): void {
  const monitor: object | undefined = pulumi.runtime.getMonitor();
  if (monitor === undefined) return;
  const accept = (_: unknown, done: (error: null, answer: object) => void) => done(null, {});
  const register: (request: Request, done: unknown) => unknown = Reflect.get(monitor, "registerResource").bind(monitor);
  const registerResource = (request: Request, done: unknown) => {
    note(request);
    return register(request, done);
  };
  Object.assign(monitor, { registerResourceHook: accept, registerErrorHook: accept, registerResource });
}

/** What a cluster or registry would answer: the name of an object that has none, the digest of an image. */
function outputsOf(
  type: string,
  name: string,
  { metadata, input }: { metadata?: object; input?: unknown },
  kept?: Map<string, unknown>,
): object {
  if (type === "pulumi:index:Stash") {
    // As the engine does, which gives what a stash got first.
    if (kept !== undefined && !kept.has(name)) kept.set(name, input);
    return { output: kept?.get(name) ?? input };
  }
  if (type === "docker:index/registryImage:RegistryImage") return { sha256Digest: UNKNOWN_DIGEST };
  return metadata === undefined ? {} : { metadata: { name, ...metadata } };
}

function rendered(name: string, inputs: Readonly<Record<string, unknown>>): Rendered {
  const { apiVersion, kind, metadata, ...rest } = inputs;
  return { file: `${String(kind).toLowerCase()}-${name}.yaml`, object: { apiVersion, kind, metadata, ...rest } };
}

function maskedObject(state: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).map(([key, inner]) => [key, key === "envs" ? maskedVariables(inner) : masked(inner)]));
}

/** Variables of a container, of which a rendering marks those that hold a secret. */
function maskedVariables(list: unknown): unknown {
  const plain = isObject(list) && pulumi.runtime.specialSigKey in list ? list["value"] : list;
  if (!Array.isArray(plain)) return masked(list);
  return plain.map((one: unknown) => {
    const text = typeof one === "string" ? one : String(isObject(one) ? one["value"] : one);
    const mark = text.indexOf(`=${MASK}`);
    return mark < 0 ? text : `${text.slice(0, mark)}=${MASK}`;
  });
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
