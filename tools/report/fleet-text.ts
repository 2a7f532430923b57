import { count } from "../../components/workload/index.ts";
import { begun, escaped, fitted, type Piece } from "./fit.ts";
import type { Result } from "./fleet.ts";
import { lines } from "./lines.ts";
import { LIMITS } from "./markdown.ts";
import { type Fleet, KINDS, REPORT_VERSION, type Report } from "./schema.ts";

/** A fleet's report for machines and for a terminal. */
export interface FleetText {
  readonly report: Fleet;
  readonly text: string;
  readonly groups: readonly Group[];
}

/** Stacks of which the same is to be said. */
interface Group {
  readonly names: readonly string[];
  readonly first: Report;
}

/** Puts reports together: stacks that change alike are said once, those with the worst finding first. */
export function fleetText(results: readonly Result[]): FleetText {
  const reports = results.flatMap((one) => ("report" in one ? [one.report] : []));
  const failed = results.flatMap((one) =>
    "message" in one ? [{ project: one.stack.project, stack: one.stack.name, message: one.message }] : [],
  );
  const groups = groupsOf(reports);
  const worst = KINDS.find((kind) => reports.some((one) => one.worst === kind)) ?? null;
  const report: Fleet = { version: REPORT_VERSION, verdict: verdictOf(groups, failed.length), worst, reports, failed };
  const told = groups.map(
    (group) =>
      `\n${headOf(group)}\n${rowsOf(group)
        .map((row) => `  ${row}`)
        .join("\n")}`,
  );
  const broken = failed.map(({ stack, message }) => `\n${stack}: no report\n  ${message.replaceAll("\n", "\n  ")}`);
  return { report, groups, text: `${[report.verdict, ...broken, ...told].join("\n")}\n` };
}

/** The same as a comment that always fits: no stack with a danger is left out before one without. */
export function fleetMarkdown({ report, groups }: FleetText, limits: { readonly units: number; readonly bytes: number } = LIMITS): string {
  const failed = report.failed.map(({ stack, message }) => `- ${escaped(`${stack}: no report: ${message.replaceAll(/\s+/g, " ")}`)}`);
  const dangers = groups.flatMap((group) =>
    group.first.findings.map((one) => `- ${escaped(`${begun(group.names.join(", "), 120)}: ${one.kind}: ${one.sentence}`)}`),
  );
  const head: Piece = {
    before: `### ${report.worst === null ? "" : "⚠️ "}${escaped(begun(report.verdict, 300))}`,
    rows: [],
    after: "",
    danger: true,
  };
  const lists: Piece[] = [
    ...(failed.length === 0 ? [] : [{ before: "\n**Without a report**\n", rows: failed, after: "", danger: true }]),
    ...(dangers.length === 0 ? [] : [{ before: "\n**Dangers**\n", rows: dangers, after: "", danger: true }]),
  ];
  const details = groups.map((group): Piece => {
    const rows = rowsOf(group).map((row) => `- ${escaped(row)}`);
    if (rows.length === 0) return { before: `\n${escaped(begun(headOf(group), 1000))}`, rows, after: "", danger: false };
    return { before: `\n<details><summary>${escaped(begun(headOf(group), 200))}</summary>\n`, rows, after: "\n</details>", danger: false };
  });
  return fitted([head, ...lists, ...details], limits);
}

function groupsOf(reports: readonly Report[]): Group[] {
  const groups = new Map<string, { names: string[]; first: Report }>();
  for (const report of reports) {
    const said = lines(report).map(({ rows }) => rows.map((row) => row.replaceAll(`Pulumi.${report.stack}.yaml`, "its own file")));
    const key = JSON.stringify([said, report.worst, report.changes]);
    const known = groups.get(key) ?? { names: [], first: report };
    known.names.push(report.stack);
    groups.set(key, known);
  }
  const rank = ({ worst, changes }: Report) => (worst === null ? KINDS.length + (changes ? 0 : 1) : KINDS.indexOf(worst));
  return [...groups.values()].toSorted((one, other) => rank(one.first) - rank(other.first) || other.names.length - one.names.length);
}

function verdictOf(groups: readonly Group[], failed: number): string {
  const total = (some: readonly Group[]) => some.reduce((sum, { names }) => sum + names.length, 0);
  const unchanged = total(groups.filter(({ first }) => !first.changes && first.findings.length === 0));
  const dangerous = total(groups.filter(({ first }) => first.findings.length > 0));
  const others = total(groups) - unchanged - dangerous;
  const parts = [
    ...(dangerous > 0 ? [`${dangerous} with a danger`] : []),
    ...(others > 0 ? [`${others} with other changes`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(failed > 0 ? [`${failed} without a report`] : []),
  ];
  return `${count(total(groups) + failed, "stack")}: ${parts.join(", ")}`;
}

function headOf({ names, first }: Group): string {
  const what = first.verdict.slice(first.verdict.indexOf(": ") + 2);
  return names.length === 1 ? `${names[0]}: ${what}` : `${names.length} stacks: ${what} (${names.join(", ")})`;
}

function rowsOf({ first }: Group): string[] {
  return lines(first).flatMap(({ title, rows }) => rows.map((row) => `${title}: ${row}`));
}
