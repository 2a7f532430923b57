import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { hostName, origin } from "../parts/hosts.ts";
import * as w from "../workload/index.ts";
import { customerName, ruleBroken, sharedMistakes } from "./keys.ts";
import { UNSETTABLE } from "./security-headers.ts";
import { headerName, headerValue, urlPath } from "./text.ts";
import { pairMistakes } from "./tls.ts";

/** A hash may be written openly; a plain key may not. */
const key = w.secretText(ruleBroken, { open: (given) => given.startsWith("sha256:"), later: false });

const customerKeys = z.union([key, z.array(key).min(1, "must hold at least one key")], "must be a key or a list of keys");
const keys = z
  .record(customerName, w.opens(customerKeys, "a customer's key"))
  .refine((given) => Object.keys(given).length > 0, "must name at least one customer; leave it out to ask for no key")
  .superRefine((given, context) => {
    const plain = Object.entries(given).map(
      ([customer, some]) => [customer, listOf(some).filter((one) => typeof one === "string")] as const,
    );
    report(context, sharedMistakes(Object.fromEntries(plain)));
  });

const pair = w
  .strict({
    certificate: w.inputText.describe("The certificate, with those that lead to its root behind it, as PEM."),
    key: w.secretText().describe("Its private key as PEM, not encrypted with a password."),
  })
  .superRefine(({ certificate, key }, context) => {
    if (typeof certificate === "string" && typeof key === "string") report(context, pairMistakes({ certificate, key }));
  });

const tls = z.union(
  [
    pair,
    w.strict({
      selfSigned: z.literal(true).describe("The gateway makes its own certificate, for development."),
      hosts: z.array(hostName).default([]).describe("Further names it is valid for, besides localhost, 127.0.0.1 and the gateway's own."),
    }),
  ],
  {
    error: "must be { certificate, key }, both PEM, or { selfSigned: true, hosts? }",
  },
);

function isSelfSigned(given: unknown): boolean {
  return typeof given === "object" && given !== null && "selfSigned" in given;
}

/** Mistakes whose paths begin with `edge.` and the setting, reported under that setting. */
function report(context: z.RefinementCtx, mistakes: readonly w.Mistake[]): void {
  for (const { path, message } of mistakes) context.addIssue({ code: "custom", path: path.split(".").slice(2), message });
}

const span = w.duration.refine((value) => w.toMilliseconds(value) >= 1000 && w.toMilliseconds(value) <= 3_600_000, {
  error: ({ input }) => `must be from 1s to 1h, got ${JSON.stringify(input)}`,
});

/** Settings of `edge`. What is a plain value is checked at once; Outputs are checked when they are known (see secrets.ts). */
export const gatewayEdge = w.withRule(
  w.strict({
    customers: z
      .array(customerName)
      .default([])
      .describe("Customers who need a key in keys: a missing one is a mistake; default: those that keys names."),
    keys: w.protects(
      keys
        .optional()
        .describe(
          "API keys by customer, several while one is replaced by another: at least 16 characters, or sha256:<64 hex digits>. A key comes in x-api-key or as a bearer token, without a valid one the answer is 401, and replicas receive the customer's name in x-customer; default: no key is needed.",
        ),
      "asking for a key",
    ),
    open: w.opens(z.array(urlPath).default([]).describe("Paths, exactly as written, that need no key."), "the paths that need no key"),
    rateLimit: w.protects(
      w
        .strict({
          requests: w.protects(z.int().min(1).max(1_000_000).describe("Requests of one client in the span."), "the rate limit", w.isMore),
          per: w.protects(span.default("1m").describe("The span, from 1s to 1h."), "the rate limit", w.isLess),
        })
        .optional()
        .describe(
          "Requests of one client (a customer, else a source address) in a time span; more are answered 429 with retry-after; default: no limit.",
        ),
      "the rate limit",
    ),
    tls: w.protects(
      tls.optional().describe("TLS 1.2 and 1.3 with a given certificate, or a self-signed one for development; default: plain HTTP."),
      "TLS",
      (before, after) => !isSelfSigned(before) && isSelfSigned(after),
    ),
    cors: w.protects(
      w
        .strict({
          origins: w.opens(
            z.array(origin).max(100).describe("Such as https://app.example.com; none: no page may call."),
            "the origins whose pages may call",
          ),
        })
        .optional()
        .describe("Origins whose pages may call; preflights are answered by the gateway; default: CORS is left to the service."),
      "the rule of which pages may call",
    ),
    retry: z
      .array(urlPath)
      .default([])
      .describe(
        "Paths, exactly as written, whose POST requests only read, such as /predict: with bodies up to 16Ki they are asked of another replica when one breaks off or hangs, as GET always is; default: none.",
      ),
    uploadLimit: w.protects(
      w.memory.optional().describe("Most bytes of a request's body; over it the answer is 413; default: no limit."),
      "the upload limit",
      w.isMore,
    ),
    headers: z
      .record(
        headerName.refine((name) => !UNSETTABLE.test(name), {
          error: ({ input }) => `"${input}" is set by other settings or by the connection`,
        }),
        // Absent, it is at its usual value.
        w.risky(headerValue.describe("Empty: left out."), {
          kind: "protects",
          what: "a security header",
          worse: (before, after) => before !== "" && after === "",
        }),
      )
      .default({})
      .describe("Headers of every answer, instead of or beside the usual security headers; an empty value leaves one out."),
  }),
  ({ customers, keys, open }, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (open.length > 0 && keys === undefined && customers.length === 0)
      issue(["open"], "means nothing without keys; remove it, or set edge.keys");
    for (const customer of customers.filter((name) => !(name in (keys ?? {}))))
      issue(["keys", customer], "is required: the customer is listed");
  },
);

/** What the gateway does for a service that is reached from outside, as it is given. */
export type GatewayEdge = z.input<typeof gatewayEdge>;
/** A gateway's edge with every default filled in. */
export type Edge = z.output<typeof gatewayEdge>;

/** One key or several, as a list. */
export function listOf(given: pulumi.Input<string> | pulumi.Input<string>[]): pulumi.Input<string>[] {
  return Array.isArray(given) ? given : [given];
}
