import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { quoted } from "./mistakes.ts";

/** One part of a path: lower-case letters and digits, separated by a dot, one or two underscores, or hyphens. */
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REGISTRY = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const DIGEST = "(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|(?!sha(?:256|512):)[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})";

/** `registry/path:tag@digest`, as every container engine has it. */
const REFERENCE = new RegExp(`^(?:${REGISTRY}/)?${PART}(?:/${PART})*(?::${TAG})?(?:@${DIGEST})?$`);

const isLater = (value: unknown) => pulumi.Output.isInstance(value) || value instanceof Promise;
const isReference = (value: unknown) => isLater(value) || (typeof value === "string" && REFERENCE.test(value));
const rule = `must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4"`;

/** An image reference that a stack file gives. */
export const givenImage = z.string().regex(REFERENCE, { error: ({ input }) => `${rule}, got ${quoted(input)}` });

/** An image reference. A plain one is checked at once; an Output passes through untouched. */
export const imageReference = z.custom<pulumi.Input<string>>(isReference, {
  error: ({ input }) => `${rule}, got ${quoted(input)}`,
});

/**
 * Where a component gets an image: a reference, or a function that returns one. The function is called only when a part
 * that runs the image exists, so that an image which is not used is not built.
 */
export type ImageSource = pulumi.Input<string> | (() => pulumi.Input<string>);

/** An image source in a component's arguments. */
export const imageSource = z.custom<ImageSource>((value) => typeof value === "function" || isReference(value), {
  error: ({ input }) => `${rule}, or a function that returns one; got ${quoted(input)}`,
});

/** The reference of an image that is needed now. */
export function imageFrom(source: ImageSource): pulumi.Input<string> {
  return typeof source === "function" ? source() : source;
}
