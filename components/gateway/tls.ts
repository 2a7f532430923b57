import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

import { isUnread, type Mistake } from "../workload/index.ts";

/** Where the image's entry writes the certificate with its key. */
export const TLS_FILE = "/tmp/gateway/tls.pem";

/** A certificate, with the certificates that lead to its root behind it, and its private key; both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Lines of `global`: what every modern client speaks, and nothing older. */
export function tlsGlobalLines(): string[] {
  return [
    "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    "ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
  ];
}

/** Where the public frontend listens. */
export function bindLine(port: number, tls: boolean): string {
  return tls ? `bind :${port} ssl crt ${TLS_FILE} alpn h2,http/1.1` : `bind :${port}`;
}

/** The file that HAProxy reads. */
export function pemOf({ certificate, key }: KeyPair): string {
  return `${certificate.trim()}\n${key.trim()}\n`;
}

/** What is wrong with a pair at that time; the key is never shown. */
export function pairMistakes({ certificate, key }: KeyPair, now: Date = new Date()): Mistake[] {
  const [leaf, ...chain] = (certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(certificateIn);
  const secret = keyIn(key);
  const mistakes: Mistake[] = [];
  const refuse = (part: "certificate" | "key", message: string) => mistakes.push({ path: `edge.tls.${part}`, message });

  if (leaf === undefined || chain.includes(undefined)) refuse("certificate", "must be PEM: -----BEGIN CERTIFICATE----- …");
  else for (const one of [leaf, ...chain]) if (one !== undefined) for (const message of outOfDate(one, now)) refuse("certificate", message);
  if (isUnread(key)) return mistakes;
  if (secret === undefined) refuse("key", "must be a private key as PEM, not encrypted");
  else if (leaf !== undefined && !leaf.checkPrivateKey(secret)) {
    refuse(
      "key",
      "does not belong to edge.tls.certificate; give the key with which that was requested, and the server's certificate first",
    );
  }
  return mistakes;
}

function outOfDate(certificate: X509Certificate, now: Date): string[] {
  const subject = certificate.subject?.split("\n").at(-1) ?? "without a subject";
  if (certificate.validToDate < now) return [`(${subject}) expired on ${day(certificate.validToDate)}; renew it and deploy again`];
  if (certificate.validFromDate > now)
    return [`(${subject}) is valid only from ${day(certificate.validFromDate)}; deploy then, or give another`];
  return [];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
