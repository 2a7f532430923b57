import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { haproxyConfig } from "../components/gateway-config.ts";
import { compose } from "./compose.ts";
import { composeFile, type Order, services } from "./compose-file.ts";
import { type Cost, median, spread } from "./measure.ts";
import { type Environment, NAME, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import { scaling } from "./scaling.ts";

const LABEL = `dev.mlstack.stack=mlstack/${NAME}`;
const PORT = 18_480;
const GANGS = [20, 100, 200] as const;
/** What each part waits for, as the components order it. */
const ORDER: Order = {
  loader: { build: "service_completed_successfully", redis: "service_healthy" },
  api: { loader: "service_completed_successfully" },
  gateway: { api: "service_healthy" },
};

/** Pulumi and Docker Compose in turns. */
export async function dockerBench(home: string, env: Environment): Promise<string[]> {
  return [...(await firstUps(home, env)), ...(await containers(home, env))];
}

/** The dev stack from nothing, and a preview that changes nothing. */
async function firstUps(home: string, env: Environment): Promise<string[]> {
  const config = { platform: { kind: "docker", prefix: NAME }, features: { publish: { port: PORT } } };
  const built = await project(home, "build", "infra/index.ts", env, config);
  await built.run("up", "--yes", "--skip-preview");
  const peer = await composeOf(home);
  const images = await imagesOf();
  await built.run("destroy", "--yes", "--skip-preview");
  const stack = await project(home, "dev", "infra/index.ts", env, { ...config, images });
  const ups: Cost[] = [];
  const previews: Cost[] = [];
  const composes: Cost[] = [];
  const seconds: Cost[] = [];
  await rounds("dev stack", ROUNDS, async () => {
    const up = await stack.run("up", "--yes", "--skip-preview");
    previews.push(await stack.run("preview", "--expect-no-changes"));
    await stack.run("destroy", "--yes", "--skip-preview");
    const first = await peer("up", "--detach", "--wait");
    seconds.push(await peer("up", "--detach", "--wait"));
    await peer("down", "--volumes");
    ups.push(up);
    composes.push(first);
    return `Pulumi ${up.seconds.toFixed(1)} s, Compose ${first.seconds.toFixed(1)} s`;
  });
  const of = (costs: readonly Cost[]) => costs.map((one) => one.seconds);
  const ratio = median(of(ups)) / median(of(composes));
  return [
    `| first \`pulumi up\` of the dev stack, s | ${spread(of(ups))} |`,
    `| first \`docker compose up -d --wait\` of the same, s | ${spread(of(composes))} |`,
    `| ratio | ${ratio.toFixed(2)} |`,
    `| \`pulumi preview\`, no changes, s | ${spread(of(previews))} |`,
    `| second \`docker compose up -d --wait\`, s | ${spread(of(seconds))} |`,
    `| largest process of the preview, MB | ${spread(previews.map(({ megabytes }) => megabytes))} |`,
  ];
}

/** The images that the stack's containers run, by the name their settings have: both sides start from the same ones. */
async function imagesOf(): Promise<Record<string, string>> {
  const containers = await new Docker().listContainers({ all: true, filters: { label: [LABEL] } });
  const image = (name: string) => containers.find(({ Names }) => Names[0] === `/${NAME}-${name}`)?.Image ?? "";
  return { redis: image("redis-0"), features: image("build"), api: image("api-0"), gateway: image("gateway-0") };
}

/** What each further container costs a preview that changes nothing. */
function containers(home: string, env: Environment): Promise<string[]> {
  const container = { command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
  return scaling("container", GANGS, (size) => {
    const ask = { docker: { prefix: NAME }, gangs: { member: { container, size, rendezvousPort: 29_500, maxRestarts: 0 } } };
    return project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
  });
}

/** Docker Compose with the containers that stand now as its services. */
async function composeOf(home: string) {
  const gateway = join(home, "gateway");
  mkdirSync(gateway, { mode: 0o755 });
  writeFileSync(
    join(gateway, "haproxy.cfg"),
    haproxyConfig({ address: "api", port: 8000, readyPath: "/ready", listen: 8080, requestTimeout: "30s" }),
  );
  const file = join(home, "compose.yaml");
  writeFileSync(file, composeFile(await services({ prefix: NAME, label: LABEL, order: ORDER, config: gateway })));
  return compose(file, NAME);
}
