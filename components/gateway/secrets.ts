import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/index.ts";
import { type Edge, listOf } from "./edge.ts";
import { keyMistakes, keysMap } from "./keys.ts";
import { keptSelfSigned } from "./self-signed.ts";
import { type KeyPair, pairMistakes, pemOf } from "./tls.ts";

/** What an edge keeps secret, as the image's variables hold it. */
export interface EdgeSecrets {
  /** Secret values by variable of the image. */
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;
  /** The certificate that clients have to trust when it is self-signed. */
  readonly certificate: pulumi.Output<string> | undefined;
}

/** Whose edge it is, and under which names it is reached. */
export interface EdgeOwner extends w.Owner {
  readonly resource: pulumi.Resource;
  readonly hosts: readonly string[];
}

/**
 * The secrets of an edge, checked as soon as they are known, which is at preview for everything that a stack's settings hold.
 *
 * @throws Refusal inside the outputs, with all mistakes at once and no secret.
 */
export function edgeSecrets({ keys, tls }: Edge, owner: EdgeOwner): EdgeSecrets {
  const pair = tls === undefined ? undefined : pairOf(tls, owner);
  const known = pulumi.all([keys === undefined ? {} : keysKnownLater(keys), pair]);
  const checked = known.apply(([keysKnown, pairKnown]) => checkedSecrets(owner, keysKnown, pairKnown));
  return {
    values: {
      ...(keys === undefined ? {} : { GATEWAY_KEYS: pulumi.secret(checked.keys) }),
      ...(pair === undefined ? {} : { GATEWAY_TLS: pulumi.secret(checked.tls) }),
    },
    certificate:
      tls !== undefined && "selfSigned" in tls
        ? pulumi.unsecret(pair?.apply(({ certificate }) => certificate) ?? pulumi.output(""))
        : undefined,
  };
}

/**
 * Both files as the image writes them.
 *
 * @throws Refusal with all mistakes of keys and certificate.
 */
export function checkedSecrets(
  { kind, name }: Pick<w.Owner, "kind" | "name">,
  keys: Readonly<Record<string, readonly string[]>>,
  pair: KeyPair | undefined,
): { keys: string; tls: string } {
  const mistakes = [...keyMistakes(keys), ...(pair === undefined ? [] : pairMistakes(pair))];
  if (mistakes.length > 0)
    throw new w.Refusal(`${kind} "${name}": ${w.count(mistakes.length, "invalid argument")}\n${w.mistakeLines(mistakes)}`);
  return { keys: keysMap(keys), tls: pair === undefined ? "" : pemOf(pair) };
}

function pairOf(tls: NonNullable<Edge["tls"]>, { name, resource, hosts }: EdgeOwner): pulumi.Output<KeyPair> {
  if ("selfSigned" in tls) return keptSelfSigned(w.childName(name, "tls"), [...hosts, ...tls.hosts], resource);
  return pulumi.all([tls.certificate, tls.key]).apply(([certificate, key]) => ({ certificate, key }));
}

function keysKnownLater(keys: NonNullable<Edge["keys"]>): pulumi.Output<Record<string, string[]>> {
  const customers = Object.entries(keys).map(([name, given]) =>
    pulumi.all(listOf(given)).apply((known): [string, string[]] => [name, known]),
  );
  return pulumi.all(customers).apply((known) => Object.fromEntries(known));
}
