import { nearest } from "../../components/workload/mistakes.ts";
import { approvable } from "../approval/making.ts";
import { Problem } from "../lib/problem.ts";
import { settingsAt } from "../report/base.ts";
import { fleetOf, type Result } from "../report/fleet.ts";
import { fleetMarkdown, fleetText } from "../report/fleet-text.ts";
import { reportOf } from "../report/making.ts";
import { markdownFor } from "../report/markdown.ts";
import { seenOffline } from "../report/offline.ts";
import { type Packs, previewed, type Seen } from "../report/preview.ts";
import { KINDS, type Kind, kind, type Report } from "../report/schema.ts";
import { selected } from "../report/selection.ts";
import { textFor } from "../report/text.ts";
import { asJson } from "../settings/table.ts";
import { type Selection, type Stack, selectStack } from "../setup/stack.ts";
import { partsOf } from "./pulumi.ts";

/** What a command line says of a report. */
export interface ReportOptions extends Selection, Packs {
  readonly all?: boolean;
  readonly changedSince?: string;
  readonly markdown?: boolean;
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly failOn?: string;
}

export type SetUp = (parts: ReturnType<typeof partsOf>) => Promise<Record<string, string>>;

/** Exit code where a finding is as bad as `--fail-on` says. */
const BAD = 2;

/** Prints what the next deployment of a stack, or of several, will do. */
export async function report(options: ReportOptions, setUp: SetUp): Promise<number> {
  const limit = options.failOn === undefined ? undefined : kindIn(options.failOn);
  const several = options.all === true || options.changedSince !== undefined || /[*?]/.test(options.stack ?? "");
  const stacks = several ? await selected(options) : [selectStack(options)];
  const source = options.offline === true ? "offline" : "engine";
  const { see, finish } = await seer(stacks, options, setUp);
  if (!several) {
    const [stack] = stacks;
    if (stack === undefined) return 1;
    const seen = await see(stack);
    const one = await finish(stack, seen, await reportOf(stack, seen, source));
    print(options, { json: () => asJson(one), markdown: () => markdownFor(one), text: () => textFor(one, process.stdout.isTTY) });
    return codeFor(one.worst, limit);
  }
  const results: Result[] = await fleetOf(stacks, see, source, finish);
  const fleet = fleetText(results);
  print(options, { json: () => asJson(fleet.report), markdown: () => fleetMarkdown(fleet), text: () => fleet.text });
  return fleet.report.failed.length > 0 ? 1 : codeFor(fleet.report.worst, limit);
}

/** How previews are made, and their reports sealed. The machine is set up once, for all of them. */
async function seer(stacks: readonly Stack[], { offline = false, changedSince, ...packs }: ReportOptions, setUp: SetUp) {
  const [first] = stacks;
  if (offline && packs.policy !== undefined)
    throw new Problem("--policy: rules are checked by a preview; leave out --offline, or check a state by `pulumi policy analyze`");
  if (offline || first === undefined) {
    const base = first === undefined || changedSince === undefined ? undefined : settingsAt(first.folder, changedSince);
    const finish = async (_stack: Stack, _seen: Seen, one: Report) => one;
    return { see: (stack: Stack) => seenOffline(stack, new Map(), base?.get(stack.name)), finish };
  }
  const env = await setUpFor(stacks, setUp);
  return {
    see: (stack: Stack) => previewed(stack, env, undefined, packs),
    finish: (stack: Stack, seen: Seen, one: Report) => approvable(stack, seen, one, env),
  };
}

/** Sets this machine up for some stacks, and this process for renderings of theirs. */
export async function setUpFor(stacks: readonly Stack[], setUp: SetUp): Promise<Record<string, string>> {
  const parts = stacks.map(partsOf).reduce((most, one) => (one.length > most.length ? one : most));
  const env = await setUp(parts);
  process.env["MLSTACK_BASE_IMAGE"] = env["MLSTACK_BASE_IMAGE"];
  return env;
}

function print({ json, markdown }: ReportOptions, forms: Readonly<Record<"json" | "markdown" | "text", () => string>>): void {
  process.stdout.write(json === true ? forms.json() : markdown === true ? forms.markdown() : forms.text());
}

function kindIn(word: string): Kind {
  const { data } = kind.safeParse(word);
  if (data !== undefined) return data;
  const near = nearest(word, KINDS);
  throw new Problem(
    `--fail-on: there is no finding "${word}"${near === undefined ? "" : `; did you mean "${near}"?`} (there are ${KINDS.join(", ")})`,
  );
}

/** Whether the worst finding is as bad as the limit. */
function codeFor(worst: Kind | null, limit: Kind | undefined): number {
  return worst !== null && limit !== undefined && KINDS.indexOf(worst) <= KINDS.indexOf(limit) ? BAD : 0;
}
