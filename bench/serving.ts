import Docker from "dockerode";
import { step } from "../tools/lib/step.ts";
import { debianProgram } from "../tools/offline/debian-program.ts";
import { removeLabelled } from "./leftovers.ts";
import { send } from "./load.ts";
import { median, spread } from "./measure.ts";
import type { Environment } from "./project.ts";
import { rounds } from "./rounds.ts";
import { API_KEY, LABELS, type Peer, type Peers, PORT, servingPeers } from "./serving-peers.ts";
import { type Upload, upload } from "./upload.ts";

const ROUNDS = 3;
const CLIENTS = 50;
/** Requests that are measured, and those before them that are not. */
const REQUESTS = 2000;
const WARM = 500;
const PATHS = ["/predict_lgbm", "/predict_ensemble"] as const;
const REMEDY = "the load generator hey is not on PATH; install it (https://github.com/rakyll/hey) and run this command again";

/** What was measured of one peer in one round, by the name of the row. */
type Row = Readonly<Record<string, number>>;

/**
 * The image classifier with three replicas behind mlstack's gateway, and under Compose behind nginx, in turns. On both
 * sides the same images, limits, models and settings, and gateways with the same duties: TLS, an API key, a rate, an upload
 * limit, security headers, a log line for each request. All answers must be 200.
 */
export async function servingBench(home: string, env: Environment): Promise<string[]> {
  const hey = await step("load generator", async (report) => {
    const value = await debianProgram("hey", REMEDY, report);
    return { summary: value, value };
  });
  // Also before: what a bench that was killed has left.
  await removeLabelled(Object.values(LABELS));
  try {
    const { peers, image } = await step("image classifier", async (report) => {
      report("images, and one deployment that is not measured");
      return { summary: "images are there", value: await servingPeers(home, env) };
    });
    return await inTurns(peers, hey, await upload(home, image));
  } finally {
    await removeLabelled(Object.values(LABELS));
  }
}

async function inTurns(peers: Peers["peers"], hey: string, picture: Upload): Promise<string[]> {
  const results = new Map(peers.map((peer) => [peer, [] as Row[]]));
  await rounds("image classifier", ROUNDS, async (report) => {
    for (const [peer, measured] of results) {
      report(peer.name);
      measured.push(await measureOnce(peer, hey, picture));
    }
    return [...results].map(([{ name }, all]) => `${name} ${summaryOf(all.at(-1) ?? {})}`).join("; ");
  });
  return rows([...results].map(([{ name }, all]) => ({ name, all })));
}

async function measureOnce(peer: Peer, hey: string, picture: Upload): Promise<Row> {
  const row: Record<string, number> = { "bringing three replicas up, s": (await peer.up()).seconds };
  for (const path of PATHS) {
    const load = { url: `https://127.0.0.1:${PORT}${path}`, headers: { "x-api-key": API_KEY }, clients: CLIENTS, ...picture };
    await send(hey, { ...load, requests: WARM });
    const before = await processorTime(peer.gateway);
    const measured = await send(hey, { ...load, requests: REQUESTS });
    row[`requests/s of ${path}, ${CLIENTS} clients`] = measured.perSecond;
    row[`median of ${path}, ms`] = measured.median;
    row[`99th percentile of ${path}, ms`] = measured.most;
    row[`gateway's processor time for each ${path}, ms`] = ((await processorTime(peer.gateway)) - before) / REQUESTS;
  }
  await peer.down();
  return row;
}

/** Milliseconds of processor time that a container has used. */
async function processorTime(container: string): Promise<number> {
  const { cpu_stats } = await new Docker().getContainer(container).stats({ stream: false, "one-shot": true });
  return cpu_stats.cpu_usage.total_usage / 1e6;
}

function summaryOf(measured: Row): string {
  const rates = Object.entries(measured).filter(([what]) => what.startsWith("requests/s"));
  return `${rates.map(([, value]) => value.toFixed(0)).join(" and ")} requests/s`;
}

function rows(results: readonly { name: string; all: readonly Row[] }[]): string[] {
  const [own, other] = results;
  const of = (all: readonly Row[] | undefined, what: string) => (all ?? []).map((one) => one[what] ?? Number.NaN);
  const table = Object.keys(own?.all[0] ?? {}).flatMap((what) => [
    ...results.map(({ name, all }) => `| ${what}: ${name} | ${spread(of(all, what))} |`),
    `| ratio | ${(median(of(own?.all, what)) / median(of(other?.all, what))).toFixed(2)} |`,
  ]);
  return [...table, "| answers other than 200 | 0 |"];
}
