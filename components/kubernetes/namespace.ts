import * as pulumi from "@pulumi/pulumi";

import { dnsLabel, LONGEST_NAME, type Mistake, mistakesOf } from "../workload/adapter/index.ts";
import { registryHostOf } from "../workload/reference.ts";
import { DeclaredObject, type Ground } from "./declared.ts";
import { type ClusterView, isOurs } from "./existing.ts";
import { labelsOf, STACK_LABEL } from "./labels.ts";
import * as k8s from "./provider.ts";
import type { CompleteSettings } from "./settings.ts";
import type { Owner } from "./truth.ts";

/** Labels under which the API server admits only pods of Pod Security "restricted". */
export const restricted: Readonly<Record<string, string>> = Object.fromEntries(
  ["enforce", "warn", "audit"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, "latest"],
  ]),
);

/** What is wrong with the names that follow from the project's and the stack's. */
export function nameMistakes(namespace: string, stack: string): Mistake[] {
  const valid = dnsLabel.safeParse(namespace, { reportInput: true });
  const mistakes = valid.success ? [] : mistakesOf(valid.error).map(({ message }) => ({ path: "platform.namespace.name", message }));
  if (stack.length <= LONGEST_NAME) return mistakes;
  return [
    ...mistakes,
    { path: "stack", message: `project and stack together are the label "${stack}", whose limit is ${LONGEST_NAME} characters` },
  ];
}

/** Why the stack cannot have the namespace, if it cannot. */
export function namespaceTaken(name: string, join: boolean, view: ClusterView, stack: string): Mistake | undefined {
  const path = "platform.namespace";
  if (join && view.namespace === undefined) {
    return { path, message: `"${name}" is to be joined, but does not exist (or may not be read); create it, or set join to false` };
  }
  if (view.namespace?.metadata.deletionTimestamp !== undefined) {
    const wait = `kubectl wait --for=delete namespace/${name} --timeout=10m`;
    return { path, message: `"${name}" is being deleted, with all that is in it; wait until it is gone (\`${wait}\`), then deploy again` };
  }
  if (!join && view.namespace !== undefined && !isOurs(view.namespace, stack)) {
    const owner = view.namespace.metadata.labels?.[STACK_LABEL] ?? "something else";
    return { path, message: `"${name}" exists and belongs to ${owner}; choose another name, or set join to true to use it as it is` };
  }
  return undefined;
}

/** A registry's user without a password, or a password without its user. */
export function loginMistakes({ registry }: CompleteSettings): Mistake[] {
  if (registry === undefined || (registry.username === undefined) === (registry.password === undefined)) return [];
  const missing = registry.username === undefined ? "username" : "password";
  const remedy =
    "give both (in a stack file: registry.username, and `npm run pulumi -- config set --secret --path 'mlstack:platform.registry.password'`), or neither";
  return [{ path: `platform.registry.${missing}`, message: `is required with the other half of the login; ${remedy}` }];
}

/** Names the registry's credentials among the stack's secrets; a dot is in no noun's name. */
const PULL_SECRET = "platform.registry";
const LOGIN = "kubernetes.io/dockerconfigjson";

/** The registry's credentials as nodes need them to pull, where there are any. */
export function pullSecret(
  { registry }: CompleteSettings,
  ground: Ground,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions & { readonly parent: Owner },
): k8s.Secret | undefined {
  if (registry?.username === undefined || registry.password === undefined) return undefined;
  const { address, username, password } = registry;
  const login = pulumi
    .output(password)
    .apply((known) =>
      JSON.stringify({ auths: { [registryHostOf(address)]: { auth: Buffer.from(`${username}:${known}`).toString("base64") } } }),
    );
  const stringData = { ".dockerconfigjson": pulumi.secret(login) };
  const object = new DeclaredObject(ground, opts.parent, "Secret", PULL_SECRET, { unnamed: true });
  const inputs = object.inputs({ namespace, labels: labelsOf(ground.stack, PULL_SECRET) }, { type: LOGIN, immutable: true });
  return new k8s.Secret("registry", { ...inputs, stringData }, { ...opts, ...object.options() });
}
