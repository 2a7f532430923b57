import { answer } from "./text.ts";

/** Lua of the image that limits bodies sent without Content-Length. */
export const UPLOAD_LIMIT_LUA = "/usr/local/share/mlstack-gateway/upload-limit.lua";

/**
 * Lines of the public frontend: 413 for a body over so many bytes. An announced length is refused before a byte of it is read; a
 * body in chunks is counted as it passes and cut off at the limit, so that no replica ever sees its end.
 */
export function uploadLimitLines(bytes: number): string[] {
  const detail = `the body is over the limit of ${bytes} bytes`;
  return [
    "filter lua.upload-limit",
    `http-request set-var(txn.upload_limit) int(${bytes}) if !{ req.fhdr(content-length) -m found }`,
    `http-request ${answer(413, detail)} if { req.hdr_val(content-length) gt ${bytes} }`,
    "http-after-response set-status 413 reason 'Payload Too Large' if { var(txn.too_large) -m bool }",
  ];
}
