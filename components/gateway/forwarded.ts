/**
 * Headers in which proxies say where a request came from. Only this gateway knows that: what a client says there is removed, under
 * every name that some server believes. Some servers read an underscore as a hyphen.
 */
const CLAIMS = [
  "forwarded",
  "x[-_]forwarded([-_].*)?",
  "x[-_]real[-_]ip",
  "(true|x|x[-_]cluster|cf)[-_](client|connecting)[-_]ip",
  "x[-_](original|rewrite)[-_].*",
  "x[-_](url[-_])?scheme",
  "x[-_]script[-_]name",
  "front[-_]end[-_]https",
  "via",
];

/**
 * Lines of the public frontend: a service learns the scheme of the request from `x-forwarded-proto` and the client's address from
 * `x-forwarded-for` (`option forwardfor`), and can believe both. Host and port are those of the `host` header.
 */
export function forwardedLines(tls: boolean): string[] {
  return [
    `http-request del-header ^(${CLAIMS.join("|")})$ -m reg`,
    `http-request set-header x-forwarded-proto ${tls ? "https" : "http"}`,
    ...(tls ? redirectLines() : []),
  ];
}

/**
 * A service that does not ask for the scheme redirects to `http://`, where a client would send body and key in clear: an address
 * at the very host of the request becomes `https://`. Others are the service's own business.
 */
function redirectLines(): string[] {
  return [
    "http-request set-var(txn.host) req.fhdr(host),lower",
    "http-response set-var(txn.redirected) res.fhdr(location),field(3,'/?#'),lower if { res.fhdr(location) -m beg -i http:// }",
    "http-response replace-header location ^[hH][tT][tT][pP]://(.*)$ https://\\1 if { var(txn.redirected),strcmp(txn.host) eq 0 }",
  ];
}
