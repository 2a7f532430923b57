import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { compose } from "./compose.ts";
import { composeFile, type Order, services } from "./compose-file.ts";
import type { Cost } from "./measure.ts";
import { nginxFiles, nginxImage } from "./nginx.ts";
import { type Environment, NAME, project } from "./project.ts";

/** One of those that are compared; only one of them stands at a time. */
export interface Peer {
  readonly name: string;
  /** Container of its gateway. */
  readonly gateway: string;
  up(): Promise<Cost>;
  down(): Promise<Cost>;
}

/** Both, and what they have in common. */
export interface Peers {
  readonly peers: readonly Peer[];
  /** Image of the replicas. */
  readonly image: string;
}

/** Begins what is made on the engine; a name of its own, so that clearing up touches no other bench. */
const PREFIX = `${NAME}-serving`;
export const PORT = 18_490;
export const API_KEY = "a-key-for-the-bench-1";
/** Label of images and containers that are the bench's own. */
export const OWN = { "dev.mlstack.bench": "serving" } as const;
/** Labels of all that the bench makes: the stack's, Compose's, its own. */
export const LABELS = {
  stack: `dev.mlstack.stack=image-classifier/${NAME}`,
  compose: `com.docker.compose.project=${PREFIX}`,
  own: `dev.mlstack.bench=${OWN["dev.mlstack.bench"]}`,
} as const;

const SETTINGS = {
  prefix: PREFIX,
  port: PORT,
  replicas: 3,
  apiKey: API_KEY,
  origins: ["https://clinic.example.com"],
  // Counted, and never reached.
  requestsPerMinute: 1_000_000,
};
const ORDER: Order = { api: { train: "service_completed_successfully" }, "api-gateway": { api: "service_healthy" } };
const GATEWAY = "api-gateway-0";
const NGINX = "mlstack-bench/nginx:latest";

/** The example's own program, and the containers that it made under Compose with nginx in the gateway's place. */
export async function servingPeers(home: string, env: Environment): Promise<Peers> {
  const stack = await project(home, "serving", "examples/image-classifier/index.ts", env, SETTINGS, "image-classifier");
  const up = () => stack.run("up", "--yes", "--skip-preview");
  const down = () => stack.run("destroy", "--yes", "--skip-preview");
  await up();
  const file = await composeOf(home);
  const { Image: image } = (await inspected("api-0")).Config;
  await down();
  await nginxImage(home, env["MLSTACK_BASE_IMAGE"] ?? "", NGINX, OWN);
  const peer = await compose(file, PREFIX);
  return {
    image,
    peers: [
      { name: "mlstack", gateway: `${PREFIX}-${GATEWAY}`, up, down },
      {
        name: "Compose with nginx",
        gateway: `${PREFIX}-${GATEWAY}-1`,
        up: () => peer("up", "--detach", "--wait"),
        down: () => peer("down", "--volumes"),
      },
    ],
  };
}

/** nginx keeps the limits, the certificate, the port and the health check of the gateway whose place it takes. */
async function composeOf(home: string): Promise<string> {
  const folder = join(home, "nginx");
  const parts = await services({ prefix: PREFIX, label: LABELS.stack, order: ORDER, config: folder });
  const { Env } = (await inspected(GATEWAY)).Config;
  const pem = Env.find((variable) => variable.startsWith("GATEWAY_TLS="))?.replace("GATEWAY_TLS=", "") ?? "";
  const replicas = Object.keys(parts).filter((name) => /^api-\d+$/.test(name));
  const { apiKey, requestsPerMinute, origins } = SETTINGS;
  const door = { replicas: replicas.map((name) => `${name}:8001`), apiKey, requestsPerMinute, origin: origins.join(), pem };
  const nginx = { ...parts[GATEWAY], image: NGINX, environment: [], volumes: [nginxFiles(folder, door)] };
  const file = join(home, "serving.yaml");
  writeFileSync(file, composeFile({ ...parts, [GATEWAY]: nginx }), { mode: 0o600 });
  return file;
}

function inspected(name: string): Promise<Docker.ContainerInspectInfo> {
  return new Docker().getContainer(`${PREFIX}-${name}`).inspect();
}
