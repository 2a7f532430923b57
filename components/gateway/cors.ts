import { answer, quoted, quotedFormat } from "./text.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS = "content-type, authorization, x-api-key";
/** Seconds for which a browser remembers the answer. */
const MAX_AGE = "600";

const PREFLIGHT = "{ method OPTIONS } { req.fhdr(access-control-request-method) -m found }";
/** What a replica says about origins. */
const REPLACED = [
  "http-after-response del-header access-control-allow-origin",
  "http-after-response del-header access-control-allow-credentials",
];

/**
 * Lines of the public frontend: pages of the listed origins may call, of none where none is listed. The gateway answers the
 * browser's preflight itself, before keys are asked for, since a preflight carries none; what a replica says about origins
 * is replaced.
 */
export function corsLines(origins: readonly string[]): string[] {
  const refused = `http-request ${answer(403, "this origin is not allowed")} if ${PREFLIGHT}`;
  if (origins.length === 0) return [refused, ...REPLACED];
  return [
    ...origins.map((one) => `acl listed req.fhdr(origin) -m str ${quoted(one)}`),
    "http-request set-var(txn.origin) req.fhdr(origin) if listed",
    `http-request return status 204 hdr access-control-allow-methods ${quotedFormat(METHODS)} hdr access-control-allow-headers ${quotedFormat(
      HEADERS,
    )} hdr access-control-max-age ${MAX_AGE} if ${PREFLIGHT} { var(txn.origin) -m found }`,
    refused,
    ...REPLACED,
    "http-after-response set-header access-control-allow-origin %[var(txn.origin)] if { var(txn.origin) -m found }",
    "http-after-response set-header access-control-expose-headers retry-after if { var(txn.origin) -m found }",
    "http-after-response add-header vary origin",
  ];
}
