import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/**
 * Where a component gets an image: a reference, or a function that returns one. The function is called only when a part
 * that runs the image exists, so that an image which is not used is not built.
 */
export type ImageSource = pulumi.Input<string> | (() => pulumi.Input<string>);

/** An image source in a component's arguments. Default: none; a plain reference must not be empty. */
export const imageSource = z.custom<ImageSource>(
  (value) =>
    typeof value === "function" ||
    pulumi.Output.isInstance(value) ||
    value instanceof Promise ||
    (typeof value === "string" && value !== ""),
  "must be an image reference, or a function that returns one",
);

/** The reference of an image that is needed now. */
export function imageFrom(source: ImageSource): pulumi.Input<string> {
  return typeof source === "function" ? source() : source;
}
