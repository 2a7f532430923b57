import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { parseDocument } from "yaml";
import { ROOT } from "../tools/lib/folders.ts";
import { Problem } from "../tools/lib/problem.ts";
import { keysOf } from "../tools/setup/settings.ts";
import { compose } from "./compose.ts";
import { composeFile, type Order, services } from "./compose-file.ts";
import type { Cost } from "./measure.ts";
import { nginxFiles, nginxImage } from "./nginx.ts";
import { type Environment, NAME, project } from "./project.ts";

/** One of those that are compared; only one of them runs at a time. */
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

/** Prefix of all names on the engine; a name of its own, so that clearing up touches no other bench. */
const PREFIX = `${NAME}-serving`;
export const PORT = 18_490;
export const API_KEY = "a-key-for-the-bench-1";
/** Label of images and containers that are the bench's own. */
export const OWN = { "dev.mlstack.bench": "serving" } as const;
/** Labels of all that the bench makes: the stack's, Compose's, its own. */
export const LABELS = {
  stack: `dev.mlstack.stack=image-classifier/${NAME}`,
  fraud: `dev.mlstack.stack=mlstack/${NAME}`,
  models: `dev.mlstack.stack=model-serving/${NAME}`,
  compose: `com.docker.compose.project=${PREFIX}`,
  own: `dev.mlstack.bench=${OWN["dev.mlstack.bench"]}`,
} as const;

const ORIGIN = "https://clinic.example.com";
/** Counted, and never reached. */
const REQUESTS_PER_MINUTE = 1_000_000;
const EXAMPLE = "examples/image-classifier";
const API = "mlstack:serving.api";
const ORDER: Order = { api: { "api-prepare": "service_completed_successfully" }, "api-gateway": { api: "service_healthy" } };
const GATEWAY = "api-gateway-0";
export const NGINX = "mlstack-bench/nginx:latest";

/** The example's own program, and the containers that it made under Compose with nginx in the gateway's place. */
export async function servingPeers(home: string, env: Environment): Promise<Peers> {
  const stack = await project(home, "serving", `${EXAMPLE}/index.ts`, env, settings(), {
    name: "image-classifier",
    secrets: { [`${API}.edge.keys.demo`]: API_KEY },
  });
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

/** The example's own settings, with three replicas and a rate that is never reached. */
function settings(): object {
  const document = parseDocument(readFileSync(join(ROOT, EXAMPLE, "Pulumi.docker.yaml"), "utf8"));
  const changes = {
    "mlstack:platform.prefix": PREFIX,
    [`${API}.replicas`]: 3,
    [`${API}.edge.rateLimit.requests`]: REQUESTS_PER_MINUTE,
    [`${API}.edge.cors.origins`]: [ORIGIN],
    [`${API}.publish.port`]: PORT,
  };
  for (const [path, value] of Object.entries(changes)) document.setIn(["config", ...keysOf(path)], document.createNode(value));
  const { config }: { config: object } = document.toJS();
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
}

/** nginx keeps the limits, the certificate, the port and the health check of the gateway whose place it takes. */
async function composeOf(home: string): Promise<string> {
  const folder = join(home, "nginx");
  const parts = await services({ prefix: PREFIX, label: LABELS.stack, order: ORDER, config: folder });
  const { Env } = (await inspected(GATEWAY)).Config;
  const pem = Env.find((variable) => variable.startsWith("GATEWAY_TLS="))?.replace("GATEWAY_TLS=", "") ?? "";
  const replicas = Object.keys(parts).filter((name) => /^api-\d+$/.test(name));
  const edge = { apiKey: API_KEY, requestsPerMinute: REQUESTS_PER_MINUTE, origin: ORIGIN, pem };
  const duties = { replicas: replicas.map((name) => `${name}:8001`), edge };
  const found = parts[GATEWAY];
  if (found === undefined) throw new Problem(`bench: the example has no container ${GATEWAY}`);
  // Its image says itself how nginx is started.
  const { command, entrypoint, ...gateway } = found;
  const nginx = { ...gateway, image: NGINX, environment: [], volumes: [nginxFiles(folder, duties)] };
  const file = join(home, "serving.yaml");
  writeFileSync(file, composeFile({ ...parts, [GATEWAY]: nginx }), { mode: 0o600 });
  return file;
}

function inspected(name: string): Promise<Docker.ContainerInspectInfo> {
  return new Docker().getContainer(`${PREFIX}-${name}`).inspect();
}
