import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { canonical, keyed } from "../../infra/canonical.ts";
import type { Report } from "../report/schema.ts";
import { passphraseFile } from "../setup/backend.ts";

/** The key for one purpose, made of the passphrase that the state's secrets are encrypted with. */
export function keyFor(purpose: string): string {
  return keyed(readFileSync(passphraseFile(), "utf8").trim(), `mlstack ${purpose}`);
}

/** A report with the seal of this machine's state over all that it says. */
export function sealed(report: Report, key = keyFor("reports")): Report {
  const { approval } = report;
  return approval === null ? report : { ...report, approval: { ...approval, seal: sealOf(report, key) } };
}

/** Whether a report says what it said when it was made, with the passphrase of this machine's state. */
export function isSealed(report: Report, key = keyFor("reports")): boolean {
  const [own, wanted] = [Buffer.from(report.approval?.seal ?? ""), Buffer.from(sealOf(report, key))];
  return own.length === wanted.length && timingSafeEqual(own, wanted);
}

function sealOf(report: Report, key: string): string {
  return keyed(key, canonical({ ...report, approval: { ...report.approval, seal: "" } }));
}
