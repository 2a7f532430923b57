import { daily } from "../../support/daily.ts";
import { deadQueries } from "../../support/dead-queries.ts";
import type { DayFault, Scene } from "./fault.ts";
import type { Lookout } from "./lookout.ts";

/** Seconds for which status, an alert, and everything after the end of a fault may take. */
const LATEST = { status: 60, alert: 90, well: 240 } as const;
/** In which a panel must have had an answer. */
const SHOWN = "15m";

/** A fault as it was seen. */
export interface Seen {
  readonly fault: string;
  /** Seconds until the status said it, until all of its alerts were raised, and from its end until all is well. */
  readonly status: number | undefined;
  readonly alert: number | undefined;
  readonly well: number | undefined;
  readonly sentences: readonly string[];
}

/** Faults at the same time, each from its beginning until all is well again. @returns what was seen, and what was wrong */
export async function round(faults: readonly DayFault[], scene: Scene, lookout: Lookout): Promise<{ seen: Seen[]; wrong: string[] }> {
  lookout.forget();
  const began = Date.now();
  const here = faults.map((fault) =>
    scene.ground.example.target === "Docker" ? fault : { ...fault, alerts: fault.kubernetes ?? fault.alerts },
  );
  const results = await Promise.all(here.map((fault) => life(fault, here.length > 1, scene, lookout)));
  const ended = Date.now();
  const isKept = await lookout.until(() => lookout.status.at >= ended && lookout.status.code === 0, ended, LATEST.well);
  const allowed = new Set(here.flatMap(({ alerts, also = [] }) => [...alerts, ...also]));
  const names = faults.map(({ name }) => name).join(", ");
  const wrong = results.flatMap((one) => one.wrong);
  for (const [title, { summary }] of lookout.seen) if (!allowed.has(title)) wrong.push(`with ${names}: ${title}: ${summary}`);
  if (isKept === undefined) wrong.push(`after ${names}: a part does not keep its promise:\n${lookout.status.text}`);
  const most = faults.reduce((sum, { costs = 0 }) => sum + costs, 0);
  if (scene.load.failed.filter(({ at }) => at >= began).length > most)
    wrong.push(...scene.load.since(began).map((what) => `with ${names}: requests failed: ${what}`));
  return { seen: results.map(({ seen }) => seen), wrong };
}

async function life(fault: DayFault, hasOthers: boolean, scene: Scene, lookout: Lookout): Promise<{ seen: Seen; wrong: string[] }> {
  const wrong: string[] = [];
  const undo = await fault.strike(scene);
  const began = Date.now();
  const { status, within = LATEST.alert } = fault;
  const says = status && lookout.until(() => lookout.status.at >= began && status.test(lookout.status.text), began, LATEST.status);
  const raised = lookout.until(() => fault.alerts.every((title) => lookout.raised.has(title)), began, within);
  const [said, alerted] = await Promise.all([says, fault.alerts.length === 0 ? undefined : raised]);
  if (status !== undefined && said === undefined) wrong.push(`status does not say ${status}:\n${lookout.status.text}`);
  if (fault.alerts.length > 0 && alerted === undefined)
    wrong.push(`${fault.alerts.filter((title) => !lookout.raised.has(title)).join(", ")}: not raised within ${within} s`);
  const sentences = fault.alerts.map((title) => lookout.seen.get(title)?.summary ?? "");
  wrong.push(...(await logged(fault, scene)), ...(await dead(scene)), ...((await fault.meanwhile?.(scene)) ?? []));
  await undo();
  const healed = Date.now();
  const ending = [...fault.alerts, ...(fault.also ?? [])].filter((title) => fault.lingers?.includes(title) !== true);
  const isWell = async () => {
    const { at, code, text } = lookout.status;
    const ended = at >= healed && !ending.some((title) => lookout.raised.has(title));
    // Another fault of the round may go on.
    return ended && (code === 0 || hasOthers) && ((await fault.well?.(scene, text).catch(() => false)) ?? true);
  };
  const well = await lookout.until(isWell, healed, LATEST.well);
  if (well === undefined)
    wrong.push(`not well after ${LATEST.well} s; raised: ${[...lookout.raised.keys()].join(", ")}\n${lookout.status.text}`);
  return {
    seen: { fault: fault.name, status: said, alert: alerted, well, sentences },
    wrong: wrong.map((what) => `${fault.name}: ${what}`),
  };
}

/** What is not as it should be of the log of a fault. */
async function logged({ logs }: DayFault, { ground }: Scene): Promise<string[]> {
  if (logs === undefined) return [];
  const [part, says] = logs;
  const { code, output, text } = await daily(ground.example.stack, "logs", part, "--since", "5m");
  if (code !== 0) return [`logs of ${part} end with ${code}: ${text}`];
  return says.test(output) ? [] : [`logs of ${part} do not say ${says}; they end with ${output.split("\n").slice(-5).join("\n")}`];
}

async function dead({ ground }: Scene): Promise<string[]> {
  const { metrics, alerts } = await ground.pages();
  return (await deadQueries(metrics, alerts, SHOWN)).map((query) => `no line in the graph of ${query}`);
}
