import { step } from "../tools/lib/step.ts";
import { removeLabelled } from "./leftovers.ts";
import { LABELS, type Peer, pipelinePeers, runsOf } from "./pipeline-peers.ts";
import type { Environment } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Row } from "./table.ts";

const ROUNDS = 3;

/** What is done to the pipeline, one after the other, from nothing; the version of its data that each is about. */
const DEPLOYMENTS = { first: "v1", "nothing to do": "v1", "other data": "v2" } as const;

/** What one deployment came to. */
interface Deployment {
  readonly seconds: number;
  /** The parts that were started by it. */
  readonly started: readonly string[];
}

/**
 * The wind-power forecast by mlstack and the same containers, health checks and order under Compose, in turns: from nothing,
 * once more, and with another version of the data. Counts which parts each deployment runs again.
 */
export async function pipelineBench(home: string, env: Environment): Promise<Row[]> {
  // Also before: what a bench that was killed has left.
  await removeLabelled(LABELS);
  try {
    const peers = await step("wind-power", async (report) => {
      report("images, and one deployment that is not measured");
      return { summary: "images are there", value: await pipelinePeers(home, env) };
    });
    const results = new Map(peers.map((peer) => [peer, [] as Record<string, Deployment>[]]));
    await rounds("wind-power", ROUNDS, async (report) => {
      for (const [peer, measured] of results) {
        report(peer.name);
        measured.push(await measureOnce(peer));
      }
      return [...results].map(([{ name }, all]) => `${name} ${all.at(-1)?.["first"]?.seconds.toFixed(1)} s`).join(", ");
    });
    return rows([...results].map(([{ name }, all]) => ({ name, all })));
  } finally {
    await removeLabelled(LABELS);
  }
}

async function measureOnce(peer: Peer): Promise<Record<string, Deployment>> {
  const done: Record<string, Deployment> = {};
  for (const [what, version] of Object.entries(DEPLOYMENTS)) {
    const before = await runsOf(peer);
    const { seconds } = await peer.up(version);
    const after = await runsOf(peer);
    const started = Object.keys(after).filter((part) => after[part] !== before[part]);
    done[what] = { seconds, started: started.sort() };
  }
  await peer.down();
  return done;
}

function rows(results: readonly { name: string; all: readonly Record<string, Deployment>[] }[]): Row[] {
  const [own, other] = results;
  if (own === undefined || other === undefined) return [];
  return Object.keys(DEPLOYMENTS).flatMap((what): Row[] => {
    const seconds = (all: readonly Record<string, Deployment>[]) => all.map((one) => one[what]?.seconds ?? Number.NaN);
    return [
      { what: `${what}, s`, own: seconds(own.all), peer: { name: other.name, values: seconds(other.all) } },
      { what: `${what}: what was started`, said: startedIn(own.all, what), peer: { name: other.name, said: startedIn(other.all, what) } },
    ];
  });
}

/** What a deployment started, the same in each round; where it was not, each of them. */
function startedIn(all: readonly Record<string, Deployment>[], what: string): string {
  const lists = all.map((one) => one[what]?.started.join(", ") || "nothing");
  return [...new Set(lists)].join(" / ");
}
