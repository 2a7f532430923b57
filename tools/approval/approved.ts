import { readFileSync, statSync } from "node:fs";

import { Problem } from "../lib/problem.ts";
import { type Fleet, fleet, type Report, report } from "../report/schema.ts";
import { isSealed } from "./seal.ts";

/** Largest file of reports, in bytes: a thousand stacks have less. */
export const LARGEST = 64 * 1024 ** 2;
const HOUR = 3_600_000;
/** Clocks of two machines differ by less, in milliseconds. */
const CLOCKS = 5 * 60_000;

/** The reports that a file holds, one or a fleet's, checked for their form. @throws Problem for any other file */
export function reportsIn(path: string): Pick<Fleet, "reports" | "failed"> {
  const parsed = parsedFile(path);
  const several = fleet.safeParse(parsed);
  if (several.success) return several.data;
  const single = report.safeParse(parsed);
  if (single.success) return { reports: [single.data], failed: [] };
  const isFleet = typeof parsed === "object" && parsed !== null && "reports" in parsed;
  const { issues } = isFleet ? several.error : single.error;
  const lines = issues.slice(0, 4).map((issue) => `  ${plain(issue.path.join("."))}: ${plain(issue.message)}`);
  throw new Problem(`${path} is no report of this release:\n${lines.join("\n")}\n${howToMake("")}`);
}

/** A line of a message about a file that may be a stranger's: nothing of it is a command to a terminal or to a workflow's log. */
function plain(text: string): string {
  return text.replaceAll(/[^\w .,"'()[\]-]/g, "?").slice(0, 120);
}

/**
 * Why a report cannot be approved, whatever the world is like now.
 *
 * @param hours how long a report holds
 */
export function refusalOf(shown: Report, hours: number, now = Date.now(), sealedHere = isSealed): string | undefined {
  const { approval, source } = shown;
  if (approval === null || source === "offline") return "was made offline, and says too little of what a deployment will do";
  if (!sealedHere(shown)) return "was changed after it was made, or was made with another state than this machine's";
  const age = now - Date.parse(approval.made);
  if (age < -CLOCKS) return `was made at ${approval.made}, which is yet to come; correct the clock of this machine or the other`;
  if (age > hours * HOUR) return `was made at ${approval.made}, ${Math.floor(age / HOUR)} hours ago, and holds for ${hours} (--max-age)`;
  return undefined;
}

/** The command for a new report. */
export function howToMake(options: string): string {
  return `A new report: npm run -s report -- ${options === "" ? "-s STACK" : options} --json > report.json`;
}

function parsedFile(path: string): unknown {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (size === undefined) throw new Problem(`${path} does not exist; ${howToMake("")}`);
  if (size > LARGEST) throw new Problem(`${path} has ${size} bytes; a file of reports has at most ${LARGEST}`);
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Problem(`${path} is no JSON; ${howToMake("")}`);
  }
}
