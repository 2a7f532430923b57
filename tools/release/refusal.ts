/** What registries and engines say, what it means, and what helps. The first that fits counts. */
const MEANINGS: readonly (readonly [said: RegExp, meaning: (host: string) => string])[] = [
  [
    /server gave HTTP response to HTTPS client/i,
    (host) => `answers without TLS; add ${host} to the engine's insecure-registries, and say --insecure`,
  ],
  [/x509|certificate/i, (host) => `has a certificate that is not trusted; put its authority's into /etc/docker/certs.d/${host}/ca.crt`],
  [
    /no basic auth|authentication required/i,
    (host) => `wants a login; set MLSTACK_REGISTRY_USERNAME and MLSTACK_REGISTRY_PASSWORD, or use \`docker login ${host}\``,
  ],
  [
    /unauthorized|\b401\b|incorrect username or password/i,
    (host) =>
      `refuses the login; correct MLSTACK_REGISTRY_USERNAME and MLSTACK_REGISTRY_PASSWORD, or unset both and use \`docker login ${host}\``,
  ],
  [/denied|forbidden|\b403\b/i, () => "does not let this user push there; ask for the right, or correct the path"],
  [/no space left/i, () => "has no space left"],
  [
    /refused|no such host|timeout|timed out|unreachable|no route|EOF|reset by peer|server misbehaving|\b50[234]\b/i,
    () => "does not answer; correct registry, or try again later",
  ],
];

/** One message for what a registry did not do, with the last line of what was said. */
export function refusal(host: string, text: string): string {
  const last = text.trim().split("\n").at(-1) ?? "";
  const meaning = MEANINGS.find(([said]) => said.test(last))?.[1](host) ?? "failed";
  return `registry ${host} ${meaning} (${last})`;
}
