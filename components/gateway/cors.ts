import { z } from "zod";

import { answer, quoted, quotedFormat } from "./text.ts";

/** An origin as a browser sends it: scheme, host in lower case, port where it is not the usual one. */
export const origin = z.string().regex(/^https?:\/\/[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?$/, {
  error: ({ input }) => `must be an origin such as "https://app.example.com", without a path and not "*", got ${JSON.stringify(input)}`,
});

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS = "content-type, authorization, x-api-key";
/** Seconds for which a browser remembers the answer. */
const MAX_AGE = "600";

/**
 * Lines of the public frontend: pages of the listed origins may call. The gateway answers the browser's preflight itself,
 * before keys are asked for, since a preflight carries none; what a replica says about origins is replaced.
 */
export function corsLines(origins: readonly string[]): string[] {
  const preflight = "{ method OPTIONS } { req.fhdr(access-control-request-method) -m found }";
  return [
    ...origins.map((one) => `acl listed req.fhdr(origin) -m str ${quoted(one)}`),
    "http-request set-var(txn.origin) req.fhdr(origin) if listed",
    `http-request return status 204 hdr access-control-allow-methods ${quotedFormat(METHODS)} hdr access-control-allow-headers ${quotedFormat(
      HEADERS,
    )} hdr access-control-max-age ${MAX_AGE} if ${preflight} { var(txn.origin) -m found }`,
    `http-request ${answer(403, "this origin is not allowed")} if ${preflight}`,
    "http-after-response del-header access-control-allow-origin",
    "http-after-response del-header access-control-allow-credentials",
    "http-after-response set-header access-control-allow-origin %[var(txn.origin)] if { var(txn.origin) -m found }",
    "http-after-response set-header access-control-expose-headers retry-after if { var(txn.origin) -m found }",
    "http-after-response add-header vary origin",
  ];
}
