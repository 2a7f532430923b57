import { createHash } from "node:crypto";
import { z } from "zod";

import * as w from "../workload/index.ts";
import { answer, quoted } from "./text.ts";

/** Where the image's entry writes the keys' hashes, one `hash customer` a line. */
export const KEYS_FILE = "/tmp/gateway/keys.map";

/** Header in which the replicas receive who asks. */
export const CUSTOMER_HEADER = "x-customer";

/** Most keys of one gateway: they reach it in one variable, of which the system allows 128 KiB. */
const MOST_KEYS = 1000;
const HASH = /^sha256:([0-9a-f]{64})$/;

/** A customer's name, as logs and headers have it; never mistaken for an address. */
export const customerName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, {
  error: ({ input }) => `customers are lower-case letters, digits and hyphens, first a letter, at most 63, got ${JSON.stringify(input)}`,
});

/** Hash by which the gateway knows a key: of a plain key its SHA-256, of `sha256:<hex>` what is given. */
export function hashOf(key: string): string {
  return HASH.exec(key)?.[1] ?? createHash("sha256").update(key).digest("hex");
}

/** Keys by customer. */
type Keys = Readonly<Record<string, readonly string[]>>;

/** What is wrong with keys; no message shows a key. */
export function keyMistakes(keys: Keys): w.Mistake[] {
  const broken = each(keys).flatMap(({ path, key }) => {
    const message = ruleBroken(key);
    return message === undefined ? [] : [{ path, message }];
  });
  return [...broken, ...sharedMistakes(keys)];
}

/** What is wrong with keys beside each other: one key twice, or too many. */
export function sharedMistakes(keys: Keys): w.Mistake[] {
  const owners = new Map<string, string>();
  const twice = each(keys).flatMap(({ customer, path, key }) => {
    const owner = owners.get(hashOf(key));
    owners.set(hashOf(key), customer);
    return owner === undefined
      ? []
      : [{ path, message: `is the same key as one of customer "${owner}"; give every customer keys of its own` }];
  });
  const total = each(keys).length;
  return total <= MOST_KEYS ? twice : [...twice, { path: "edge.keys", message: `must be at most ${MOST_KEYS} keys, got ${total}` }];
}

function each(keys: Keys): { customer: string; path: string; key: string }[] {
  return Object.entries(keys).flatMap(([customer, given]) =>
    given.map((key, index) => ({ customer, key, path: given.length === 1 ? `edge.keys.${customer}` : `edge.keys.${customer}[${index}]` })),
  );
}

/** The rule that a key breaks, if any. */
export function ruleBroken(key: string): string | undefined {
  if (w.isUnread(key)) return undefined;
  if (key.startsWith("sha256:")) return HASH.test(key) ? undefined : 'must be "sha256:" and 64 lower-case hex digits';
  if (!/^[\x21-\x7e]*$/.test(key)) return "must be printable ASCII without spaces, to fit into a header";
  return key.length >= 16 ? undefined : "must have at least 16 characters; `openssl rand -hex 24` makes a good one";
}

/** The file of hashes: a reader of it learns no key. */
export function keysMap(keys: Keys): string {
  return Object.entries(keys)
    .flatMap(([customer, given]) => given.map((key) => `${hashOf(key)} ${customer}`))
    .join("\n");
}

/** Lines of the public frontend: who asks, or 401. The key itself goes no further than this. */
export function keyLines(open: readonly string[]): string[] {
  const opened = open.map((path) => `acl open path -m str ${quoted(path)}`);
  return [
    ...opened,
    // Some servers read an underscore as a hyphen.
    `http-request del-header ${CUSTOMER_HEADER}`,
    `http-request del-header ${CUSTOMER_HEADER.replaceAll("-", "_")}`,
    "http-request set-var(txn.key) http_auth_bearer if { http_auth_bearer -m found }",
    "http-request set-var(txn.key) req.fhdr(x-api-key) if { req.fhdr(x-api-key) -m found }",
    `http-request set-var(txn.customer) var(txn.key),sha2(256),hex,lower,map_str(${KEYS_FILE}) if { var(txn.key) -m found }`,
    "http-request unset-var(txn.key)",
    "acl known var(txn.customer) -m found",
    `http-request ${answer(401, "a valid API key is needed: x-api-key, or authorization: Bearer", ["www-authenticate", "Bearer"])} ${
      open.length === 0 ? "unless known" : "if !known !open"
    }`,
    `http-request set-header ${CUSTOMER_HEADER} %[var(txn.customer)] if known`,
    // A bearer token beside a key is for the replicas.
    "http-request del-header authorization if known { http_auth_bearer -m found } !{ req.fhdr(x-api-key) -m found }",
    "http-request del-header x-api-key",
  ];
}
