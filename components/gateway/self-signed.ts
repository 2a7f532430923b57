import { createHash, webcrypto } from "node:crypto";
import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";

import type { KeyPair } from "./tls.ts";

const DAYS = 3650;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A certificate of its own for development, created once and then kept, encrypted, in the stack's state: clients that trust it
 * keep trusting it. Other hosts are another certificate.
 */
export function keptSelfSigned(name: string, hosts: readonly string[], parent: pulumi.Resource): pulumi.Output<KeyPair> {
  const sorted = [...new Set(hosts)].sort();
  const id = createHash("sha256").update(sorted.join("\n")).digest("hex").slice(0, 8);
  const stash = new pulumi.Stash(`${name}-${id}`, { input: pulumi.secret(selfSigned(sorted)) }, { parent, ignoreChanges: ["input"] });
  return pulumi.secret(stash.output.apply(({ certificate, key }: KeyPair) => ({ certificate: String(certificate), key: String(key) })));
}

/** A fresh pair for those host names and IPv4 addresses, valid for ten years: an ECDSA key on P-256, signed by itself. */
export async function selfSigned(hosts: readonly string[], now: Date = new Date()): Promise<KeyPair> {
  // Loaded by those alone who want a certificate. The first is what the second registers its parts with.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=mlstack gateway",
    notBefore: now,
    notAfter: new Date(now.getTime() + DAYS * 86_400_000),
    keys,
    signingAlgorithm: ALGORITHM,
    // It is its own authority: a client that trusts it trusts this one server.
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIPv4(value) ? "ip" : "dns", value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { certificate: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n` };
}
