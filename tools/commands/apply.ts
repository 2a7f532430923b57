import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { count } from "../../components/workload/index.ts";
import { howToMake, refusalOf, reportsIn } from "../approval/approved.ts";
import { type Bound, boundTo, deploy, planFile } from "../approval/deploying.ts";
import { approvable } from "../approval/making.ts";
import { movedBetween, movedText } from "../approval/moved.ts";
import { Problem } from "../lib/problem.ts";
import { reportOf } from "../report/making.ts";
import { previewed } from "../report/preview.ts";
import type { Report } from "../report/schema.ts";
import { matches } from "../report/selection.ts";
import { textFor } from "../report/text.ts";
import { refuseLocked } from "../setup/locks.ts";
import { optionsOf, projectIn, type Selection, type Stack, selectFolder, selectStack } from "../setup/stack.ts";
import { type SetUp, setUpFor } from "./report.ts";

/** What a command line says of an approved deployment. */
export interface ApplyOptions extends Selection {
  /** File with the report of a stack, or of several. */
  readonly approved: string;
  /** How long a report holds, in hours; as it was typed. */
  readonly maxAge: string;
}

type Environment = Readonly<Record<string, string>>;

/** A stack, and what was shown of it. */
interface Approved {
  readonly stack: Stack;
  readonly shown: Report;
}

/** Exit code where the world is not as the report shows it. */
const REFUSED = 3;

/** Deploys what a report shows, and nothing else. Nothing is touched before every stack of it is found as it was. */
export async function apply(options: ApplyOptions, setUp: SetUp): Promise<number> {
  const all = approvedIn(options);
  const changing = all.filter(({ shown }) => shown.changes || shown.findings.length > 0);
  for (const { shown } of all.filter((one) => !changing.includes(one))) print(`${shown.project}/${shown.stack}: nothing to deploy`);
  if (changing.length === 0) return 0;
  for (const { stack } of changing) refuseLocked(stack);
  const env = await setUpFor(
    changing.map(({ stack }) => stack),
    setUp,
  );
  const folder = mkdtempSync(join(tmpdir(), "mlstack-apply-"));
  try {
    const bound: Bound[] = [];
    const refused: string[] = [];
    for (const one of changing) {
      const outcome = await compared(one, env, folder);
      if (typeof outcome === "string") refused.push(outcome);
      else bound.push(outcome);
    }
    if (refused.length === 0) return await deployAll(bound, env);
    process.stderr.write(`${refused.join("\n")}\nNothing was changed.\n`);
    return REFUSED;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a file and a command line approve. @throws Problem with each report that cannot be approved, and why */
function approvedIn({ approved, maxAge, ...selection }: ApplyOptions): Approved[] {
  const hours = Number(maxAge);
  if (!(hours > 0)) throw new Problem(`--max-age: hours must be a number above 0, got "${maxAge}"`);
  const { reports, failed } = reportsIn(approved);
  const folder = selectFolder(selection);
  const project = projectIn(folder);
  const { stack: pattern = "*" } = selection;
  const chosen = reports.filter((one) => one.project === project && matches(one.stack, pattern));
  const without = failed.filter((one) => matches(one.stack, pattern));
  const names = reports.map((one) => `${one.project}/${one.stack}`).join(", ") || "none";
  if (chosen.length === 0 && without.length === 0)
    throw new Problem(`${approved} has no report of ${project}/${pattern} (it has ${names})`);
  const reasons = [
    ...without.map(({ stack }) => `stack ${stack}: there was no report of it`),
    ...chosen.flatMap((one) => {
      const reason = refusalOf(one, hours);
      return reason === undefined ? [] : [`stack ${one.stack}: its report ${reason}`];
    }),
  ];
  if (reasons.length > 0) throw new Problem(`${approved}: ${reasons.join("\n  ")}\n${howToMake("")}`);
  return chosen.map((shown) => ({ shown, stack: selectStack({ ...selection, stack: shown.stack }) }));
}

/** What a deployment of a stack is bound to, or why it cannot be deployed as it was shown. */
async function compared({ stack, shown }: Approved, env: Environment, folder: string): Promise<Bound | string> {
  const who = `${stack.project}/${stack.name}`;
  let bound: Bound;
  let now: Report;
  try {
    const seen = await previewed(stack, env, planFile(stack, folder), {}, shown.approval?.chance);
    // Before the comparison: what moves later is not what was compared, and ends the deployment.
    bound = boundTo(stack, seen, folder);
    now = await approvable(stack, seen, await reportOf(stack, seen, "engine"), env, bound.settings);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `${who}: refused; there is no preview of it now:\n  ${error.message.replaceAll("\n", "\n  ")}`;
  }
  const moved = movedBetween(shown, now);
  if (moved.length === 0) return bound;
  const made = shown.approval?.made ?? "";
  return [
    `${who}: refused; since its report (${made}) ${count(moved.length, "thing")} moved:`,
    ...moved.map((one) => `  ${movedText(one)}`),
    "",
    `What a deployment would do now:\n${textFor(now)}`,
    howToMake(optionsOf(stack)),
  ].join("\n");
}

/** One stack after another; one that fails ends it, since what comes after may build on it. */
async function deployAll(bound: readonly Bound[], env: Environment): Promise<number> {
  for (const [index, one] of bound.entries()) {
    print(`${one.stack.project}/${one.stack.name}: as its report shows; deploying`);
    const code = await deploy(one, env);
    if (code === 0) continue;
    process.stderr.write(`${endedEarly(one.stack, bound.slice(index + 1))}\n`);
    return code;
  }
  return 0;
}

function endedEarly(stack: Stack, left: readonly Bound[]): string {
  return [
    `${stack.project}/${stack.name}: the deployment ended early. Every step before its end was shown; one that "violates plan" was not, and was not done.`,
    ...(left.length === 0 ? [] : [`not deployed: ${left.map((one) => one.stack.name).join(", ")}`]),
    howToMake(optionsOf(stack)),
  ].join("\n");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
