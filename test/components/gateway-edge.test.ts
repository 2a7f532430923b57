import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";

import { gatewayEdge } from "../../components/gateway/edge.ts";
import { hashOf, keysMap } from "../../components/gateway/keys.ts";
import { selfSigned } from "../../components/gateway/self-signed.ts";
import { pairMistakes } from "../../components/gateway/tls.ts";
import { close, listen, portOf } from "../support/loopback.ts";
import { messages } from "../support/messages.ts";

const KEY = "a-key-of-16-chars";
const HASH = hashOf(KEY);
const fresh = await selfSigned(["localhost"]);
const expired = await selfSigned(["localhost"], new Date("2001-02-03T00:00:00Z"));
const later = await selfSigned(["localhost"], new Date("2039-02-03T00:00:00Z"));

describe("refuses", () => {
  test.each<[string, unknown, string[]]>([
    ["a short key", { keys: { acme: "short" } }, ["keys.acme: must have at least 16 characters; `openssl rand -hex 24` makes a good one"]],
    [
      "a key with a space",
      { keys: { acme: "a key of 16 chars" } },
      ["keys.acme: must be printable ASCII without spaces, to fit into a header"],
    ],
    ["half a hash", { keys: { acme: ["sha256:abc", KEY] } }, ['keys.acme[0]: must be "sha256:" and 64 lower-case hex digits']],
    [
      "one key of two customers, once as its hash",
      { keys: { acme: KEY, globex: `sha256:${HASH}` } },
      ['keys.globex: is the same key as one of customer "acme"; give every customer keys of its own'],
    ],
    ["no customer", { keys: {} }, ["keys: must name at least one customer; leave it out to ask for no key"]],
    ["no key of one", { keys: { acme: [] } }, ["keys.acme: must hold at least one key"]],
    ["open paths without keys", { open: ["/health"] }, ["open: means nothing without keys; remove it, or set edge.keys"]],
    [
      "every origin",
      { cors: { origins: ["*"] } },
      ['cors.origins[0]: must be an origin such as "https://app.example.com", without a path and not "*", got "*"'],
    ],
    ["a day's rate", { rateLimit: { requests: 5, per: "24h" } }, ['rateLimit.per: must be from 1s to 1h, got "24h"']],
    ["no request at all", { rateLimit: { requests: 0 } }, ["rateLimit.requests: must be at least 1, got 0"]],
    [
      "a header of the connection",
      { headers: { Connection: "close" } },
      ['headers.Connection: "Connection" is set by other settings or by the connection'],
    ],
    ["an unknown setting", { rateLimits: {} }, ['unknown key "rateLimits"; did you mean "rateLimit"?']],
    [
      "half a pair",
      { tls: { certificate: fresh.certificate } },
      ["tls: must be { certificate, key }, both PEM, or { selfSigned: true, hosts? }"],
    ],
  ])("%s", (_, edge, expected) => expect(messages(gatewayEdge, edge)).toEqual(expected));

  test("all mistakes at once, and shows no key", () => {
    const found = messages(gatewayEdge, { keys: { acme: "sekret", Bad: KEY }, open: ["x y"], uploadLimit: "1MB", headers: { "x-a": "ä" } });
    expect(found).toHaveLength(5);
    expect(found.join("\n")).not.toContain("sekret");
  });

  test("more keys than fit into a variable", () => {
    const keys = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`c${index}`, `key-of-customer-${index}`]));
    expect(messages(gatewayEdge, { keys })).toEqual(["keys: must be at most 1000 keys, got 1001"]);
    expect(`GATEWAY_KEYS=${keysMap({ [`c${"x".repeat(62)}`]: Array.from({ length: 1000 }, String) })}`.length).toBeLessThan(128 * 1024);
  });
});

describe("a certificate", () => {
  const given = (certificate: string, key: string) => messages(gatewayEdge, { tls: { certificate, key } });

  test("with its key is taken", () => expect(given(fresh.certificate, fresh.key)).toEqual([]));

  test("that has expired is refused with its date and the remedy", () => {
    expect(given(expired.certificate, expired.key)).toEqual([
      "tls.certificate: (CN=mlstack gateway) expired on 2011-02-01; renew it and deploy again",
    ]);
  });

  test("that begins later is refused with its date", () => {
    expect(given(later.certificate, later.key)).toEqual([
      "tls.certificate: (CN=mlstack gateway) is valid only from 2039-02-03; deploy then, or give another",
    ]);
  });

  test("whose chain has expired is refused, too", () => {
    expect(given(fresh.certificate + expired.certificate, fresh.key)).toEqual([expect.stringContaining("expired on 2011-02-01")]);
  });

  test("with another's key is refused, and neither is shown", () => {
    const [message = ""] = given(fresh.certificate, expired.key);
    expect(message).toMatch(/^tls\.key: does not belong to edge\.tls\.certificate; /);
    expect(message).not.toContain("BEGIN");
  });

  test("that is none, with a key that is none, are two mistakes", () => {
    expect(pairMistakes({ certificate: "x", key: "y" }).map(({ path }) => path)).toEqual(["edge.tls.certificate", "edge.tls.key"]);
  });
});

describe("a self-signed certificate", () => {
  let certificate: X509Certificate;
  beforeAll(async () => {
    const pair = await selfSigned(["localhost", "gateway", "127.0.0.1"], new Date("2026-01-01T00:00:00Z"));
    certificate = new X509Certificate(pair.certificate);
  });

  test("is valid for its hosts and addresses, for ten years", () => {
    expect(certificate.checkHost("gateway")).toBe("gateway");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("other")).toBeUndefined();
    expect([certificate.validFromDate.toISOString(), certificate.validToDate.toISOString()]).toEqual([
      "2026-01-01T00:00:00.000Z",
      "2035-12-30T00:00:00.000Z",
    ]);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  test("is another each time", async () => expect((await selfSigned(["localhost"])).certificate).not.toBe(fresh.certificate));

  test("has an ECDSA key on P-256, and says what it is for", () => {
    const { keyUsage, publicKey, subject, ca, subjectAltName } = certificate;
    expect({ subject, ca, keyUsage, subjectAltName, curve: publicKey.asymmetricKeyDetails?.namedCurve }).toEqual({
      subject: "CN=mlstack gateway",
      ca: true,
      keyUsage: ["1.3.6.1.5.5.7.3.1"],
      subjectAltName: "DNS:localhost, DNS:gateway, IP Address:127.0.0.1",
      curve: "prime256v1",
    });
  });

  test("is trusted by a client that was given it, and by no other", async () => {
    const server = createServer({ cert: fresh.certificate, key: fresh.key });
    await listen(server);
    const port = portOf(server);
    const trusting = connect({ port, host: "127.0.0.1", servername: "localhost", ca: fresh.certificate });
    await once(trusting, "secureConnect");
    expect(trusting.authorized).toBe(true);
    trusting.destroy();
    await expect(once(connect({ port, host: "127.0.0.1", servername: "localhost" }), "secureConnect")).rejects.toThrow(/self-signed/);
    await close(server);
  });
});
