import { RunError } from "@pulumi/pulumi";
import { z } from "zod";

import { quoted } from "./mistakes.ts";

/** Longest name DNS resolves, in characters (RFC 1123). */
export const LONGEST_NAME = 63;

/**
 * Name of a workload, volume, secret or member: a DNS label, because others resolve it.
 * Lower-case letters, digits and inner hyphens, first a letter, at most 63 characters.
 */
export const dnsLabel = z
  .string()
  .min(1, "must not be empty")
  .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, {
    error: ({ input }) => `must be lower-case letters, digits and inner hyphens, first a letter, got ${quoted(input)}`,
  })
  .refine((name) => name.length <= LONGEST_NAME, {
    error: ({ input }) => tooLong(String(input)),
  });

/**
 * Name of a part of something named: `childName("features", "redis")` is `features-redis`.
 *
 * @throws RunError when the result is longer than 63 characters; names are identity and are never cut.
 */
export function childName(parent: string, part: string): string {
  return checkLength(`${parent}-${part}`);
}

/**
 * Names of the members of a gang or the replicas of a service, in order: `trainer-0` … `trainer-3`.
 *
 * @throws RunError when the longest, that is the last, is over 63 characters.
 */
export function memberNames(name: string, size: number): string[] {
  checkLength(`${name}-${Math.max(size - 1, 0)}`);
  return Array.from({ length: size }, (_, index) => `${name}-${index}`);
}

function checkLength(name: string): string {
  if (name.length > LONGEST_NAME) throw new RunError(`name ${tooLong(name)}; choose a shorter one`);
  return name;
}

function tooLong(name: string): string {
  return `would be "${name}", ${name.length} characters; the limit is ${LONGEST_NAME}`;
}
