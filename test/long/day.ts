/**
 * The day after in minutes, with real parts: `node test/long/day.ts [--target docker|kubernetes] [--system S1|S2] [--only TEXT]`. Deploys
 * `examples/fraud-detection` with training (S1) and `examples/model-serving` with a canary (S2) as they are shipped, with monitoring, and
 * puts them under load. Tries every daily command, then injects faults, and looks at status, logs, alerts and graphs at each point.
 *
 * Prints a line for each fault: seconds until the status says it, until its alert, and from its end until all is well. Fails where an alert
 * takes longer than 90 s (a shift of data: 5 minutes), another one is raised, a graph is empty, a request fails without need, or something
 * is not well again.
 */
import { parseArgs } from "node:util";
import { setUp } from "../../tools/setup/index.ts";
import { deadAtLast } from "../support/dead-queries.ts";
import { commands } from "./day/commands.ts";
import type { DaySystem } from "./day/fault.ts";
import { FEATURES } from "./day/features.ts";
import type { Ground } from "./day/ground.ts";
import { dockerGround } from "./day/ground-docker.ts";
import { kubernetesGround } from "./day/ground-kubernetes.ts";
import { Lookout } from "./day/lookout.ts";
import { round, type Seen } from "./day/round.ts";
import { SERVING } from "./day/serving.ts";
import { withCluster } from "./with-cluster.ts";

const { values } = parseArgs({
  options: { target: { type: "string", default: "docker" }, system: { type: "string" }, only: { type: "string", default: "" } },
});
const SYSTEMS: Readonly<Record<string, DaySystem>> = { S1: FEATURES, S2: SERVING };
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const wrong: string[] = [];

async function day(name: string, system: DaySystem, open: (prefix: string) => Promise<Ground>): Promise<void> {
  const ground = await open(`it-day-${name.toLowerCase()}`);
  try {
    const load = await system.deploy(ground);
    const { metrics, alerts } = await ground.pages();
    say(`${name} on ${ground.example.target}: deployed; ${metrics}/vmui ${alerts}/vmalert/groups`);
    const lookout = new Lookout(ground.example.stack, alerts);
    const scene = { ground, load };
    try {
      note(
        name,
        (await deadAtLast({ metrics, alerts })).map((one) => `no series for ${one}`),
      );
      note(name, await commands(system, scene));
      note(
        name,
        [...lookout.seen].map(([title, { summary }]) => `before any fault: ${title}: ${summary}`),
      );
      note(
        name,
        load.since(0).map((what) => `before any fault: a request failed: ${what}`),
      );
      say(`${name}: every command was tried; ${load.answered} requests answered`);
      for (const faults of system.rounds) {
        const chosen = faults.filter((fault) => fault.name.includes(values.only));
        if (chosen.length === 0) continue;
        const { seen, wrong: found } = await round(chosen, scene, lookout);
        for (const one of seen) say(`${name}: ${lineOf(one)}`);
        note(name, found);
      }
    } finally {
      await lookout.end();
      await load.end();
    }
    say(`${name}: ${load.answered} requests answered, ${load.failed.length} failed`);
  } catch (error) {
    // Now, and not behind the removal, which takes its time.
    note(name, [error instanceof Error ? error.message : String(error)]);
  } finally {
    await ground.remove();
  }
}

function lineOf({ fault, status, alert, well, sentences }: Seen): string {
  const time = (seconds: number | undefined) => (seconds === undefined ? "–" : `${seconds.toFixed(0)} s`);
  return `${fault} | status ${time(status)} | alert ${time(alert)} | well ${time(well)} | ${sentences.join(" ")}`;
}

function note(system: string, found: readonly string[]): void {
  for (const line of found) say(`${system}: WRONG ${line}`);
  wrong.push(...found);
}

async function systems(open: (example: string, prefix: string) => Promise<Ground>): Promise<void> {
  for (const [name, system] of Object.entries(SYSTEMS))
    if (values.system === undefined || values.system === name) await day(name, system, (prefix) => open(system.example, prefix));
}

if (values.target === "kubernetes") await withCluster(() => systems(kubernetesGround));
else {
  Object.assign(process.env, await setUp());
  await systems(dockerGround);
}
say(wrong.length === 0 ? "nothing was wrong" : `${wrong.length} WRONG`);
process.exitCode = wrong.length === 0 ? 0 : 1;
