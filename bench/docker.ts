import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { commands } from "./commands.ts";
import { compose } from "./compose.ts";
import { composeFile } from "./compose-file.ts";
import { deployedOnce } from "./deployed-once.ts";
import { firstUps } from "./first-ups.ts";
import { oneSetting } from "./one-setting.ts";
import { type Environment, NAME, project } from "./project.ts";
import { scaling } from "./scaling.ts";
import type { Row } from "./table.ts";
import { tofu } from "./tofu.ts";

const GANGS = [20, 100, 200] as const;

/** mlstack, Docker Compose and OpenTofu in turns. */
export async function dockerBench(home: string, env: Environment): Promise<Row[]> {
  return [
    ...(await devStack(home, env)),
    ...(await oneSetting(home, env)),
    ...(await containers(home, env)),
    ...(await commands(home, env)),
  ];
}

/** The dev stack from nothing; all sides run the same images, with the same limits, health checks and order. */
async function devStack(home: string, env: Environment): Promise<Row[]> {
  const settings = { platform: { kind: "docker", prefix: NAME }, features: { publish: { port: 18_480 } } };
  const { parts, images } = await deployedOnce(home, "dev", env, settings);
  const file = join(home, "compose.yaml");
  writeFileSync(file, composeFile(parts));
  const run = await compose(file, NAME);
  const up = () => run("up", "--detach", "--wait");
  const goals = { up: { most: 0.75 }, down: { most: 1.3 } };
  const peers = [{ name: "Compose", up, again: up, down: () => run("down", "--volumes"), goals }, await tofu(home, parts)];
  return firstUps(await project(home, "dev", "infra/index.ts", env, { ...settings, images }), peers, { seconds: 0.9, megabytes: 150 });
}

/** What each further container costs a preview that changes nothing. */
function containers(home: string, env: Environment): Promise<Row[]> {
  const container = { command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
  return scaling("container", GANGS, { each: 9, megabytes: 320 }, (size) => {
    const ask = { docker: { prefix: NAME }, gangs: { member: { container, size, rendezvousPort: 29_500, maxRestarts: 0 } } };
    return project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
  });
}
