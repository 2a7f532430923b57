import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "../workload/index.ts";
import { origin } from "./cors.ts";
import { customerName, ruleBroken, sharedMistakes } from "./keys.ts";
import { UNSETTABLE } from "./security-headers.ts";
import { headerName, headerValue, urlPath } from "./text.ts";
import { pairMistakes } from "./tls.ts";

/** What the gateway does for a service that strangers reach. */
export interface GatewayEdge {
  /**
   * API keys by customer; several while one is replaced by another. Plain keys of at least 16 characters, or
   * `sha256:<64 hex digits>`; the gateway is only ever given hashes. A key comes in `x-api-key` or as a bearer token; without
   * a valid one the answer is 401. Replicas are told the customer's name in `x-customer`. @default - no key is asked for
   */
  keys?: Record<string, pulumi.Input<string> | pulumi.Input<string>[]> | undefined;
  /** Paths, exactly as written, that need no key. @default [] */
  open?: string[] | undefined;
  /**
   * Requests of one client in a time span, 1 s to 1 h; more are answered 429 with `retry-after`. A client is a customer, or a
   * source address where there is none. Counted by this instance of the gateway, from zero when it starts. @default - no limit
   */
  rateLimit?: { requests: number; per?: w.Duration | undefined } | undefined;
  /**
   * TLS 1.2 and 1.3: a certificate (with its chain) and its private key as PEM, or one made by itself for development,
   * which is valid for localhost, 127.0.0.1, the gateway's own name and further `hosts`. @default - plain HTTP
   */
  tls?: { certificate: pulumi.Input<string>; key: pulumi.Input<string> } | { selfSigned: true; hosts?: string[] | undefined } | undefined;
  /** Origins whose pages may call, e.g. `https://app.example.com`; preflights are answered here. @default - CORS is left to the service */
  cors?: { origins: string[] } | undefined;
  /** Most bytes of a request's body; 413 over it. @default - no limit */
  uploadLimit?: w.Memory | undefined;
  /** Headers of every answer, instead of or beside the usual security headers; an empty value leaves one out. @default {} */
  headers?: Record<string, string> | undefined;
}

const host = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/, {
  error: ({ input }) => `must be a host name in lower case or an IPv4 address, got ${JSON.stringify(input)}`,
});

const key = w.inputText.superRefine((given, context) => {
  const message = typeof given === "string" ? ruleBroken(given) : undefined;
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

const keys = z
  .record(customerName, z.union([key, z.array(key).min(1, "must hold at least one key")], "must be a key or a list of keys"))
  .refine((given) => Object.keys(given).length > 0, "must name at least one customer; leave it out to ask for no key")
  .superRefine((given, context) => {
    const plain = Object.entries(given).map(
      ([customer, some]) => [customer, listOf(some).filter((one) => typeof one === "string")] as const,
    );
    tell(context, sharedMistakes(Object.fromEntries(plain)));
  });

const pair = w.strict({ certificate: w.inputText, key: w.inputText }).superRefine(({ certificate, key }, context) => {
  if (typeof certificate === "string" && typeof key === "string") tell(context, pairMistakes({ certificate, key }));
});

const tls = z.union([pair, w.strict({ selfSigned: z.literal(true), hosts: z.array(host).default([]) })], {
  error: "must be { certificate, key }, both PEM, or { selfSigned: true, hosts? }",
});

/** Mistakes whose paths begin with `edge.` and the setting, told under that setting. */
function tell(context: z.RefinementCtx, mistakes: readonly w.Mistake[]): void {
  for (const { path, message } of mistakes) context.addIssue({ code: "custom", path: path.split(".").slice(2), message });
}

const span = w.duration.refine((value) => w.toMilliseconds(value) >= 1000 && w.toMilliseconds(value) <= 3_600_000, {
  error: ({ input }) => `must be from 1s to 1h, got ${JSON.stringify(input)}`,
});

/** Settings of `edge`. What is a plain value is checked at once; Outputs are checked when they are known (see secrets.ts). */
export const gatewayEdge = w
  .strict({
    keys: keys.optional().describe("API keys by customer."),
    open: z.array(urlPath).default([]).describe("Paths that need no key."),
    rateLimit: w
      .strict({ requests: z.int().min(1).max(1_000_000), per: span.default("1m") })
      .optional()
      .describe("Requests of one client."),
    tls: tls.optional().describe("Certificate and key, or a self-signed one for development."),
    cors: w
      .strict({ origins: z.array(origin).min(1, "must list at least one origin").max(100) })
      .optional()
      .describe("Origins that may call."),
    uploadLimit: w.memory.optional().describe("Most bytes of a request's body."),
    headers: z
      .record(
        headerName.refine((name) => !UNSETTABLE.test(name), {
          error: ({ input }) => `"${input}" is set by other settings or by the connection`,
        }),
        headerValue,
      )
      .default({})
      .describe("Headers of every answer; an empty value leaves one out."),
  })
  .superRefine((edge, context) => {
    if (edge.open.length > 0 && edge.keys === undefined) {
      context.addIssue({ code: "custom", path: ["open"], message: "means nothing without keys; remove it, or set edge.keys" });
    }
  });

/** A gateway's edge with every default filled in. */
export type Edge = z.output<typeof gatewayEdge>;

/** One key or several, as a list. */
export function listOf(given: pulumi.Input<string> | pulumi.Input<string>[]): pulumi.Input<string>[] {
  return Array.isArray(given) ? given : [given];
}
