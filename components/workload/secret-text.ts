import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { inputText } from "./schema.ts";

/** How a sensitive setting is recognised by who reads settings, writes their schema or documents them. */
export interface SecretMark {
  readonly secret: true;
  /** The rule that a value breaks, if any; an Output is checked as soon as it is known (see `parse`). */
  readonly rule?: (text: string) => string | undefined;
  /** Whether another party issues it, so that no value can be generated for it. */
  readonly issued?: true;
  /** Whether a given plain value may be written openly, e.g. a hash. */
  readonly open?: (text: string) => boolean;
}

/** How the text begins that stands for a secret where only files are read. */
const UNREAD = "(secret) of ";

/** What stands for the secret at a path where only files are read: no rule for secrets is asked of it, and no two are the same. */
export function unreadSecret(path: readonly string[]): string {
  return `${UNREAD}${path.join(".")}`;
}

/** Whether a text stands for a secret that is not read. */
export function isUnread(text: string): boolean {
  return text.startsWith(UNREAD);
}

/**
 * A sensitive text of the settings, such as a password: in a stack file it must be encrypted (`pulumi config set --secret`),
 * in a program it may be an Output.
 *
 * @param rule the rule that a value breaks, if any; it never quotes the value
 * @param options `open`: whether a value may be written openly; `issued`: whether another party issues it; `later: false`: who reads it checks Outputs, together with others
 */
export function secretText(
  rule: (text: string) => string | undefined = () => undefined,
  { open, issued = false, later = true }: { open?: SecretMark["open"]; issued?: boolean; later?: boolean } = {},
) {
  const broken = (text: string) => (isUnread(text) ? undefined : rule(text));
  const mark: SecretMark = {
    secret: true,
    ...(open === undefined ? {} : { open }),
    ...(issued ? { issued } : {}),
    ...(later ? { rule: broken } : {}),
  };
  return inputText
    .superRefine((given: pulumi.Input<string>, context) => {
      const message = typeof given === "string" ? broken(given) : undefined;
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ ...mark });
}

/** The mark of a schema made by `secretText`; undefined for any other. */
export function secretMark(schema: z.core.$ZodType): SecretMark | undefined {
  const meta = z.globalRegistry.get(schema);
  return meta?.["secret"] === true ? (meta as unknown as SecretMark) : undefined;
}
