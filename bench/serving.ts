import Docker from "dockerode";
import { step } from "../tools/lib/step.ts";
import { debianProgram } from "../tools/offline/debian-program.ts";
import { gatewaysBench } from "./gateways.ts";
import { removeLabelled } from "./leftovers.ts";
import { send } from "./load.ts";
import { type Environment, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import { API_KEY, LABELS, type Peer, type Peers, PORT, servingPeers } from "./serving-peers.ts";
import type { Figures, Row } from "./table.ts";
import { type Upload, upload } from "./upload.ts";

const CLIENTS = 50;
/** Requests that are measured, and those before them that are not. */
const REQUESTS = 2000;
const WARM = 500;
const PATHS = ["/predict_lgbm", "/predict_ensemble"] as const;
const REMEDY = "the load generator hey is not on PATH; install it (https://github.com/rakyll/hey) and run this command again";

/** What was measured of one peer in one round, by the name of the row. */
type Measured = Readonly<Record<string, number>>;

/**
 * The image classifier with three replicas behind mlstack's gateway, and under Compose behind nginx, in turns. On both
 * sides the same images, limits, models and settings, and gateways with the same duties: TLS, an API key, a rate, an upload
 * limit, security headers, a log line for each request. Then the other two systems that answer requests, whose gateways only
 * balance. All answers must be 200.
 */
export async function servingBench(home: string, env: Environment): Promise<Row[]> {
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
    return [...(await inTurns(peers, hey, await upload(home, image))), ...(await gatewaysBench(home, env, hey))];
  } finally {
    await removeLabelled(Object.values(LABELS));
  }
}

async function inTurns(peers: Peers["peers"], hey: string, picture: Upload): Promise<Row[]> {
  const results = new Map(peers.map((peer) => [peer, [] as Measured[]]));
  await rounds("image classifier", ROUNDS, async (report) => {
    for (const [peer, measured] of results) {
      report(peer.name);
      measured.push(await measureOnce(peer, hey, picture));
    }
    return [...results].map(([{ name }, all]) => `${name} ${summaryOf(all.at(-1) ?? {})}`).join("; ");
  });
  return rows([...results].map(([{ name }, all]) => ({ name, all })));
}

async function measureOnce(peer: Peer, hey: string, picture: Upload): Promise<Measured> {
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

function summaryOf(measured: Measured): string {
  const rates = Object.entries(measured).filter(([what]) => what.startsWith("requests/s"));
  return `${rates.map(([, value]) => value.toFixed(0)).join(" and ")} requests/s`;
}

function rows(results: readonly { name: string; all: readonly Measured[] }[]): Row[] {
  const [own, other] = results;
  const of = (all: readonly Measured[] | undefined, what: string) => (all ?? []).map((one) => one[what] ?? Number.NaN);
  return Object.keys(own?.all[0] ?? {}).map((what) => {
    const peer = other === undefined ? {} : { peer: { name: other.name, values: of(other.all, what) } };
    return { what, own: of(own?.all, what), ...peer, ...goalOf(what) };
  });
}

function goalOf(what: string): Pick<Figures, "goal"> {
  if (what.startsWith("requests/s")) return { goal: { ratio: { least: 1 } } };
  return what.startsWith("99th") ? { goal: { ratio: { most: 1 } } } : {};
}
