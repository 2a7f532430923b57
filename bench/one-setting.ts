import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { compose } from "./compose.ts";
import { type ComposeService, composeFile } from "./compose-file.ts";
import { deployedOnce } from "./deployed-once.ts";
import { secondsOf } from "./first-ups.ts";
import type { Cost } from "./measure.ts";
import { type Environment, NAME, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Row } from "./table.ts";

const REPLICAS = 4;
/** Both run beside each other, so that each finds the other's load, which is next to none. */
const PORTS = { own: 18_481, peer: 18_482 } as const;
type Level = "INFO" | "DEBUG";

/** One setting that four replicas of the API read becomes another one, and back, by mlstack and Compose in turns. */
export async function oneSetting(home: string, env: Environment): Promise<Row[]> {
  const { parts, images } = await deployedOnce(home, "rolled", env, settings("INFO"));
  const stack = await project(home, "rolled", "infra/index.ts", env, { ...settings("INFO"), images });
  const own = (level: Level) => {
    stack.configure({ ...settings(level), images });
    return stack.run("up", "--yes", "--skip-preview");
  };
  const file = join(home, "rolled.yaml");
  const run = await compose(file, NAME);
  const peer = (level: Level) => {
    writeFileSync(file, composeFile(withLevel(parts, level)));
    return run("up", "--detach", "--wait");
  };
  const costs: Record<"own" | "peer", Cost[]> = { own: [], peer: [] };
  await own("INFO");
  await peer("INFO");
  let level: Level = "INFO";
  await rounds("one setting of four replicas", ROUNDS, async () => {
    level = level === "INFO" ? "DEBUG" : "INFO";
    costs.own.push(await own(level));
    costs.peer.push(await peer(level));
    return `mlstack ${costs.own.at(-1)?.seconds.toFixed(1)} s, Compose ${costs.peer.at(-1)?.seconds.toFixed(1)} s`;
  });
  await stack.run("destroy", "--yes", "--skip-preview");
  await run("down", "--volumes");
  const beside = { name: "Compose, all four at once", values: secondsOf(costs.peer) };
  return [{ what: "one setting of four replicas changed, `up`, s", own: secondsOf(costs.own), peer: beside, goal: { ratio: { most: 1 } } }];
}

function settings(logLevel: Level) {
  const features = { publish: { port: PORTS.own }, api: { replicas: REPLICAS, logLevel } };
  return { platform: { kind: "docker", prefix: NAME }, features };
}

/** The same services with another level, and the gateway at a port of its own. */
function withLevel(parts: Readonly<Record<string, ComposeService>>, level: Level): Record<string, ComposeService> {
  const text = JSON.stringify(parts)
    .replaceAll(`:${PORTS.own}:`, `:${PORTS.peer}:`)
    .replaceAll(/LOG_LEVEL=\w+/g, `LOG_LEVEL=${level}`);
  return JSON.parse(text);
}
