import { BlockList } from "node:net";
import { z } from "zod";

import { quoted } from "../workload/adapter/index.ts";

/** Addresses that no host of the internet has. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Longest prefix of a stack's subnet: 13 containers. */
const LONGEST_PREFIX = 28;
/** Addresses of a subnet that no container gets: its own, the gateway's and the broadcast address. */
const RESERVED = 3;

/** A subnet for the containers of one stack. */
export const subnet = z.string().superRefine((given, context) => {
  const message = mistakeOf(given);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

function mistakeOf(given: string): string | undefined {
  if (!z.cidrv4().safeParse(given).success) return `must be an IPv4 subnet such as "172.20.0.0/16", got ${quoted(given)}`;
  const { base, prefix } = partsOf(given);
  if (prefix > LONGEST_PREFIX || !PRIVATE.some((range) => within(range, given))) {
    return `must be within ${PRIVATE.slice(0, -1).join(", ")} or ${PRIVATE.at(-1)} and have a prefix of at most ${LONGEST_PREFIX} bits, got "${given}"`;
  }
  const first = `${base}/${prefix}`;
  return first === given ? undefined : `must begin with the first address of the subnet, for example "${first}", got "${given}"`;
}

/** Containers that find an address in an IPv4 subnet. */
export function roomOf(given: string): number {
  return 2 ** (32 - partsOf(given).prefix) - RESERVED;
}

/** The smallest subnet from the same first address with room for `containers`. */
export function widened(given: string, containers: number): string {
  const { address } = partsOf(given);
  const prefix = 32 - Math.ceil(Math.log2(containers + RESERVED));
  return `${partsOf(`${address}/${prefix}`).base}/${prefix}`;
}

/** Whether two IPv4 subnets share an address. */
export function overlap(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

function within(outer: string, inner: string): boolean {
  return contains(outer, inner) && partsOf(inner).prefix >= partsOf(outer).prefix;
}

function contains(outer: string, inner: string): boolean {
  const { address, prefix } = partsOf(outer);
  const [first = ""] = inner.split("/");
  if (first.includes(":") || address.includes(":")) return false;
  const list = new BlockList();
  list.addSubnet(address, prefix, "ipv4");
  return list.check(first, "ipv4");
}

interface Parts {
  /** As given. */
  readonly address: string;
  readonly prefix: number;
  /** First address of the subnet. */
  readonly base: string;
}

function partsOf(given: string): Parts {
  const [address = "", bits = ""] = given.split("/");
  const prefix = Number(bits);
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return { address, prefix, base: [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".") };
}
