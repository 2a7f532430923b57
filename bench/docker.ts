import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { haproxyConfig } from "../components/gateway/haproxy.ts";
import { compose } from "./compose.ts";
import { composeFile, type Order, services } from "./compose-file.ts";
import { firstUps } from "./first-ups.ts";
import { type Environment, NAME, project } from "./project.ts";
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
  return [...(await devStack(home, env)), ...(await containers(home, env))];
}

/** Compose gets the containers of a first deployment, which is not measured, and both sides its images. */
async function devStack(home: string, env: Environment): Promise<string[]> {
  const config = { platform: { kind: "docker", prefix: NAME }, features: { publish: { port: PORT } } };
  const built = await project(home, "build", "infra/index.ts", env, config);
  await built.run("up", "--yes", "--skip-preview");
  const run = await composeOf(home);
  const images = await imagesOf();
  await built.run("destroy", "--yes", "--skip-preview");
  const up = () => run("up", "--detach", "--wait");
  return firstUps(await project(home, "dev", "infra/index.ts", env, { ...config, images }), {
    command: "`docker compose up -d --wait`",
    name: "Compose",
    up,
    again: up,
    clear: () => run("down", "--volumes"),
  });
}

/** The images that the stack's containers run, by the name their settings have: both sides start from the same ones. */
async function imagesOf(): Promise<Record<string, string>> {
  const containers = await new Docker().listContainers({ all: true, filters: { label: [LABEL] } });
  const image = (name: string) => containers.find(({ Names }) => Names[0] === `/${NAME}-${name}`)?.Image ?? "";
  return { redis: image("redis-0"), features: image("build"), "feature-api": image("api-0"), gateway: image("gateway-0") };
}

/** What each further container costs a preview that changes nothing. */
function containers(home: string, env: Environment): Promise<string[]> {
  const container = { command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
  return scaling("container", GANGS, (size) => {
    const ask = { docker: { prefix: NAME }, gangs: { member: { container, size, rendezvousPort: 29_500, maxRestarts: 0 } } };
    return project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
  });
}

/** Docker Compose with the containers that run now as its services. */
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
