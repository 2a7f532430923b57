import { quoted, refusal } from "./text.ts";

/** What HAProxy says when it cannot answer otherwise, as JSON like every other answer. */
const DETAILS: Readonly<Record<number, string>> = {
  408: "the request did not arrive in time",
  500: "internal error of the gateway",
  502: "the service gave no valid answer",
  503: "no replica is ready",
  504: "the service did not answer in time",
};

/** Lines of `defaults`: the gateway's own errors as JSON. */
export function errorLines(): string[] {
  const plain = Object.entries(DETAILS).map(
    ([status, detail]) => `http-error status ${status} content-type application/json string ${quoted(refusal(detail))}`,
  );
  // A refused body ends as a bad request, too: the reason, where there is one, follows (see upload-limit.ts).
  return [`http-error status 400 content-type application/json lf-string ${quoted(refusal("bad request%[var(txn.reason)]"))}`, ...plain];
}
