import { z } from "zod";

/**
 * A word of the configuration that HAProxy takes literally. Inside single quotes only their end has a meaning to it; line breaks cannot be quoted and never get here, since every schema of this folder refuses them.
 */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same where HAProxy expects a log format, in which a percent sign begins a variable. */
export function quotedFormat(text: string): string {
  return quoted(text.replaceAll("%", "%%"));
}

/** The body of an answer of the gateway's own: the shape in which the services say why they do not answer. */
export function refusal(detail: string): string {
  return JSON.stringify({ detail, errors: [] });
}

/** An answer of the gateway's own. */
export function answer(status: number, detail: string, ...headers: readonly (readonly [name: string, value: string])[]): string {
  const more = headers.map(([name, value]) => ` hdr ${name} ${quotedFormat(value)}`).join("");
  return `return status ${status} content-type application/json string ${quoted(refusal(detail))}${more}`;
}

/** Path of a request: plain characters only, so that it needs no quotes in any file. */
export const urlPath = z.string().regex(/^\/[A-Za-z0-9._~/-]*$/, {
  error: ({ input }) => `must be a path of letters, digits and ._~/- that starts with "/", got ${JSON.stringify(input)}`,
});

/** Name of an HTTP header. */
export const headerName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
  error: ({ input }) => `must be a header name (letters, digits and hyphens), got ${JSON.stringify(input)}`,
});

/** Value of an HTTP header: printable ASCII, on one line. */
export const headerValue = z
  .string()
  .max(1000, "must have at most 1000 characters")
  .regex(/^[\x20-\x7e]*$/, "must be printable ASCII on one line");
