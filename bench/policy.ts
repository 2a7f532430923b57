import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../tools/lib/folders.ts";
import { secondsOf } from "./first-ups.ts";
import type { Cost } from "./measure.ts";
import { type Environment, NAME, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Row } from "./table.ts";

/** What every rule has something to look at in: features, an API behind a gateway, ranks and MLflow. */
const SETTINGS = {
  platform: { kind: "docker", prefix: NAME },
  features: { publish: { port: 18_484 } },
  training: { nodes: 4 },
  tracking: {},
};
/** A company whose limits the stack keeps. */
const COMPANY = { "gpu-budget": { limit: 8 }, "memory-budget": { limit: 256 } };

/** What the policy pack adds to the preview of a stack that is not deployed yet, with and without it in turns. */
export async function policyBench(home: string, env: Environment): Promise<Row[]> {
  const stack = await project(home, "policy", "infra/index.ts", env, SETTINGS);
  const company = join(home, "company.json");
  writeFileSync(company, JSON.stringify(COMPANY));
  const pack = ["--policy-pack", join(ROOT, "policy"), "--policy-pack-config", company];
  const costs: Record<"own" | "peer", Cost[]> = { own: [], peer: [] };
  const preview = (...words: string[]) => stack.run("preview", ...words);
  // What is read for the first time is in the machine's memory afterwards.
  await preview(...pack);
  await rounds("a preview with and without the policy pack", ROUNDS, async () => {
    costs.peer.push(await preview());
    costs.own.push(await preview(...pack));
    return `with it ${costs.own.at(-1)?.seconds.toFixed(2)} s, without it ${costs.peer.at(-1)?.seconds.toFixed(2)} s`;
  });
  const added = (what: "seconds" | "processor") => costs.own.map((one, round) => one[what] - (costs.peer[round]?.[what] ?? 0));
  const beside = { name: "without it", values: secondsOf(costs.peer) };
  return [
    { what: "a preview with the policy pack, s", own: secondsOf(costs.own), peer: beside },
    { what: "what the pack adds to a preview, s", own: added("seconds"), goal: { value: { most: 1 } } },
    { what: "what the pack adds to a preview, s of a processor", own: added("processor"), goal: { value: { most: 1 } } },
  ];
}
