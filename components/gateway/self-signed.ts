import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";

import * as der from "./der.ts";
import type { KeyPair } from "./tls.ts";

const DAYS = 3650;

/**
 * A certificate of its own for development, made once and then kept, encrypted, in the stack's state: what trusts it goes
 * on trusting it. Other hosts are another certificate.
 */
export function keptSelfSigned(name: string, hosts: readonly string[], parent: pulumi.Resource): pulumi.Output<KeyPair> {
  const sorted = [...new Set(hosts)].sort();
  const id = createHash("sha256").update(sorted.join("\n")).digest("hex").slice(0, 8);
  const fresh = pulumi.secret(selfSigned(sorted));
  const stash = new pulumi.Stash(`${name}-${id}`, { input: fresh }, { parent, ignoreChanges: ["input"] });
  return pulumi.secret(stash.output.apply(({ certificate, key }: KeyPair) => ({ certificate: String(certificate), key: String(key) })));
}

/** A fresh pair for those host names and IPv4 addresses, valid for ten years: an ECDSA key on P-256, signed by itself. */
export function selfSigned(hosts: readonly string[], now: Date = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"));
  const name = der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.utf8("mlstack gateway"))));
  const until = new Date(now.getTime() + DAYS * 86_400_000);
  const info = publicKey.export({ type: "spki", format: "der" });
  const body = der.sequence(
    der.context(0, der.integer(Buffer.of(2)), true), // version 3
    der.integer(Buffer.concat([Buffer.of(1), randomBytes(15)])), // serial number
    algorithm,
    name,
    der.sequence(der.utcTime(now), der.utcTime(until)),
    name,
    info,
    der.context(3, extensions(hosts, info), true),
  );
  const signature = sign("sha256", body, { key: privateKey, dsaEncoding: "der" });
  const certificate = der
    .sequence(body, algorithm, der.bits(signature))
    .toString("base64")
    .replace(/.{1,64}/g, "$&\n");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate}-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

/** It is its own authority: a client that trusts it trusts this one server. */
function extensions(hosts: readonly string[], info: Buffer): Buffer {
  const id = createHash("sha1").update(info).digest();
  const names = hosts.map((host) =>
    isIPv4(host) ? der.context(7, Buffer.from(host.split(".").map(Number)), false) : der.context(2, Buffer.from(host, "ascii"), false),
  );
  return der.sequence(
    extension("2.5.29.19", der.sequence(der.bool(true)), true), // basic constraints: an authority
    extension("2.5.29.15", der.bits(Buffer.of(0b1000_0100), 2), true), // key usage: signatures, certificates
    extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))), // of a server
    extension("2.5.29.17", der.sequence(...names)), // alternative names
    extension("2.5.29.14", der.octets(id)), // key identifier
    extension("2.5.29.35", der.sequence(der.context(0, id, false))), // its authority's
  );
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.bool(true)] : []), der.octets(value));
}
