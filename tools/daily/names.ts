import { nearest } from "../../components/workload/mistakes.ts";
import type { LiveReplica, LiveWorkload } from "../../components/workload/operations.ts";
import { sectionOf } from "../../infra/sections.ts";
import { Problem } from "../lib/problem.ts";

/** What one word of a command line means. */
export interface Meant {
  readonly workload: LiveWorkload;
  /** The replica that the word names; undefined: all of them. */
  readonly replica: LiveReplica | undefined;
}

/** Section and name, as tables and messages have it: `features/api`, `serving/api`. */
export function titleOf({ name, within, under }: Pick<LiveWorkload, "name" | "within" | "under">): string {
  const section = sectionOf(within, under).split(".")[0] ?? "";
  return section === "" || section === name ? name : `${section}/${name}`;
}

/**
 * What a word means: a workload (`api`, `serving/api`), one replica of it (`api-1`, also by the target's own name), or all workloads of
 * a component or section (`features`).
 *
 * @param off why nothing of that name runs, where that is known · @throws Problem with the nearest name where it means nothing
 */
export function meantBy(
  word: string,
  workloads: readonly LiveWorkload[],
  off: (word: string) => string | undefined = () => undefined,
): Meant[] {
  const parts = word.split("/");
  const name = parts.at(-1) ?? "";
  const prefix = parts.slice(0, -1).join("/");
  const inside = workloads.filter((workload) => prefix === "" || prefixesOf(workload).includes(prefix));
  // `monitoring/metrics` is `monitoring-metrics`: the section need not be said twice.
  const names = [name, ...(parts.length > 1 ? [`${parts.at(-2)}-${name}`] : [])];
  const own = inside.filter((workload) => names.includes(workload.name));
  if (own.length > 0) return own.map((workload) => ({ workload, replica: undefined }));
  const one = inside.flatMap((workload) => {
    const replica = workload.replicas.find((known) => known.name === name || known.object === name);
    return replica === undefined ? [] : [{ workload, replica }];
  });
  if (one.length > 0) return one;
  const group = workloads.filter((workload) => prefixesOf(workload).includes(word));
  if (group.length > 0) return group.map((workload) => ({ workload, replica: undefined }));
  throw new Problem(off(word) ?? unknown(word, workloads));
}

/** The one workload or replica that a word means. @throws Problem that lists them where it means several */
export function oneMeantBy(word: string, workloads: readonly LiveWorkload[], off?: (word: string) => string | undefined): Meant {
  const [first, ...others] = meantBy(word, workloads, off);
  if (first !== undefined && others.length === 0) return first;
  throw new Problem(`"${word}" has several parts: ${[first, ...others].flatMap((one) => one?.workload.name ?? []).join(", ")}; name one`);
}

/** What may come before a workload's name: its section, and what it is a part of. */
function prefixesOf({ within, under }: LiveWorkload): string[] {
  const section = sectionOf(within, under).split(".");
  const names = under.filter((name) => name !== "ml" && name !== "platform");
  return [section[0] ?? "", section.join("/"), ...names, names.join("/")];
}

function unknown(word: string, workloads: readonly LiveWorkload[]): string {
  const names = workloads.map(({ name }) => name);
  const replicas = workloads.flatMap((workload) => workload.replicas.map(({ name }) => name));
  const near = nearest(word.split("/").at(-1) ?? word, [...names, ...replicas]);
  return `no part is called "${word}"${near === undefined ? "" : `; did you mean "${near}"?`} (parts: ${names.join(", ")})`;
}
