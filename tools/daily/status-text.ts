import type { LastEnd } from "../../components/workload/operations.ts";
import { table } from "../settings/table.ts";
import type { Stack } from "../setup/stack.ts";
import { command, namedCommand } from "./operated.ts";
import { agoText, spanText } from "./spans.ts";
import type { PartStatus, ReplicaStatus, StackStatus } from "./status.ts";

const HEADINGS = ["PART", "STATE", "IMAGE", "MODEL", "RESTARTS", "LAST END", "AGE", "ADDRESS"];
const TARGETS = { docker: "Docker", kubernetes: "Kubernetes" } as const;
/** Digits of a digest, or of a tag that is one. */
const DIGITS = 12;

/** A stack as a table, with the cause and the next command below each part that does not keep its promise. */
export function statusText(stack: Stack, status: StackStatus): string {
  const now = Date.parse(status.at);
  const blocks = status.parts.map((part) => ({
    part,
    rows: [partRow(part, now), ...shownReplicas(part).map((one) => replicaRow(part, one, now))],
  }));
  const rows = withoutEmpty([HEADINGS, ...blocks.flatMap((block) => block.rows)]);
  const lines = table(rows);
  const out = [headingOf(status), "", lines.shift() ?? ""];
  for (const { part, rows: own } of blocks) out.push(...lines.splice(0, own.length), ...notesOf(stack, part));
  return `${[...out, "", summaryOf(stack, status)].join("\n")}\n`;
}

function headingOf({ stack, project, target, deploying }: StackStatus): string {
  const deployed =
    deploying === undefined ? "" : `; it is being deployed now (process ${deploying.pid ?? "?"} of ${deploying.username ?? "?"})`;
  return `stack ${stack} of ${project} on ${TARGETS[target]}${deployed}`;
}

function partRow(part: PartStatus, now: number): string[] {
  const { title, models, replicas, url } = part;
  const images = [...new Set(replicas.flatMap(({ image }) => image ?? []))];
  const restarts = replicas.reduce((sum, one) => sum + one.restarts, 0);
  return [
    `${signOf(part)} ${title}`,
    stateOf(part, now),
    images.map(shortImage).join(", "),
    models.map(({ name, version, alias }) => `${name} ${version}${alias === "" ? "" : ` (${alias})`}`).join(", "),
    part.kind === "service" || part.kind === "gang" ? String(restarts) : "",
    part.doneAt === undefined ? endText(newestEnd(replicas), now) : "",
    ageOf(replicas, now),
    url ?? "",
  ];
}

function signOf({ kind, kept, remarks }: PartStatus): string {
  return kind === "task" ? "·" : !kept ? "✗" : remarks.length > 0 ? "!" : "✓";
}

function stateOf({ kind, kept, ready, wanted, doneAt, checkpointAt, replicas }: PartStatus, now: number): string {
  switch (kind) {
    case "task":
      return "on demand";
    case "job":
      return kept
        ? `done${doneAt === undefined ? "" : ` ${agoText(doneAt, now)}`}`
        : replicas.some(({ since }) => since !== undefined)
          ? "runs"
          : "failed";
    case "gang": {
      const saved = checkpointAt === undefined ? "" : `, checkpoint ${agoText(checkpointAt, now)}`;
      if (kept && doneAt !== undefined) return `finished ${agoText(doneAt, now)}`;
      return kept ? `${ready - replicas.filter(({ waits }) => waits).length}/${wanted} train${saved}` : `${ready}/${wanted} there${saved}`;
    }
    default:
      return `${ready}/${wanted} ready`;
  }
}

/** Members always, since each has a rank; replicas of a service where one differs from the others. */
function shownReplicas({ kind, replicas, wanted }: PartStatus): readonly ReplicaStatus[] {
  if (kind === "gang") return replicas;
  const differs = replicas.some(({ ready, restarts }) => !ready || restarts > 0);
  return kind === "service" && wanted > 1 && differs ? replicas : [];
}

function replicaRow(
  { kind }: PartStatus,
  { name, rank, epoch, waits, ready, since, restarts, lastEnd }: ReplicaStatus,
  now: number,
): string[] {
  const training = rank === undefined ? [] : [`rank ${rank}`, ...(epoch === undefined ? [] : [`epoch ${epoch}`])];
  const works = kind === "gang" ? (waits ? "waits for others" : "trains") : "ready";
  const state = !ready ? "not ready" : since === undefined ? "finished" : works;
  return [
    `    ${name}`,
    [state, ...training].join(", "),
    "",
    "",
    String(restarts),
    endText(lastEnd, now),
    since === undefined ? "" : spanText(now - Date.parse(since)),
    "",
  ];
}

function notesOf(stack: Stack, { kind, name, kept, why, remarks, replicas }: PartStatus): string[] {
  const cause = kept || why === undefined ? [] : [`      ${why}`];
  const ended = replicas.some(({ ready, lastEnd }) => !ready && lastEnd !== undefined);
  const next =
    kept || kind === "task" || replicas.length === 0
      ? []
      : [`      look: ${namedCommand("logs", `${name}${ended ? " --previous" : ""} --tail 20`, stack)}`];
  return [...cause, ...next, ...remarks.map((remark) => `      ! ${remark}`)];
}

function summaryOf(stack: Stack, { parts }: StackStatus): string {
  const wrong = parts.filter(({ kept }) => !kept).length;
  const changed = parts.some(({ remarks }) => remarks.length > 0);
  if (wrong > 0)
    return `${wrong} of ${parts.length} parts ${wrong === 1 ? "does" : "do"} not keep what was promised; ${command("start", stack)} puts right what it can`;
  return changed
    ? `every part keeps its promise; ${command("start", stack)} puts the changes by hand right`
    : "every part keeps its promise";
}

function newestEnd(replicas: readonly ReplicaStatus[]): LastEnd | undefined {
  const ends = replicas.flatMap(({ lastEnd }) => lastEnd ?? []).sort((a, b) => ((a.at ?? "") < (b.at ?? "") ? -1 : 1));
  return ends.at(-1);
}

/** How a run ended; nothing of one that ended well long before. */
function endText(end: LastEnd | undefined, now: number): string {
  if (end === undefined) return "";
  const code = end.outOfMemory ? "out of memory" : end.exitCode === undefined ? "" : `exit ${end.exitCode}`;
  return [code, end.at === undefined ? "" : agoText(end.at, now)].filter((part) => part !== "").join(", ");
}

function ageOf(replicas: readonly ReplicaStatus[], now: number): string {
  const youngest = replicas
    .flatMap(({ since }) => since ?? [])
    .sort()
    .at(-1);
  return youngest === undefined ? "" : spanText(now - Date.parse(youngest));
}

/** An image without its registry, with the beginning of a digest or of a tag that is one. */
export function shortImage(image: string): string {
  const [, name = image, mark = ""] =
    /^(?:.*\/)?([^/@:]+)(?::[^/@]+)?(@sha256:[0-9a-f]+)$/.exec(image) ?? /^(?:.*\/)?([^/@:]+)(:[^/]+)?$/.exec(image) ?? [];
  const [separator, ...rest] = mark.startsWith("@sha256:") ? ["@", mark.slice("@sha256:".length)] : [":", mark.slice(1)];
  const text = rest.join("");
  return text === "" ? name : `${name}${separator}${/^[0-9a-f]{12,}$/.test(text) ? text.slice(0, DIGITS) : text}`;
}

/** Rows without the columns that nobody has anything in. */
function withoutEmpty([headings = [], ...rows]: readonly (readonly string[])[]): string[][] {
  const used = headings.flatMap((_, column) => (rows.some((row) => (row[column] ?? "") !== "") ? [column] : []));
  return [headings, ...rows].map((row) => used.map((column) => row[column] ?? ""));
}
