import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { parseDocument } from "yaml";

import { ROOT } from "../tools/lib/folders.ts";
import { keysOf } from "../tools/setup/settings.ts";
import { compose } from "./compose.ts";
import { type ComposeService, composeFile, type Order, services } from "./compose-file.ts";
import { removeLabelled } from "./leftovers.ts";
import type { Cost } from "./measure.ts";
import { type Environment, NAME, project } from "./project.ts";

/** One of those that are compared; only one of them runs at a time. */
export interface Peer {
  readonly name: string;
  /** Label of its containers. */
  readonly label: string;
  /** Deploys the pipeline with the data of this version. */
  up(version: string): Promise<Cost>;
  /** Back to nothing. */
  down(): Promise<unknown>;
}

/** Prefix of all names on the engine; a name of its own, so that clearing up touches no other bench. */
export const PREFIX = `${NAME}-pipeline`;
const STACK = `dev.mlstack.stack=wind-power/${NAME}`;
const COMPOSE = `com.docker.compose.project=${PREFIX}`;
export const LABELS = [STACK, COMPOSE] as const;

const EXAMPLE = "examples/wind-power";
const HISTORY = "mlstack:pipeline.steps.history.env";
const VERSION = `${HISTORY}.DATA_VERSION`;
const [DONE, HEALTHY] = ["service_completed_successfully", "service_healthy"] as const;
/** What each step waits for, as its settings have it. */
const ORDER: Order = {
  train: { history: DONE, mlflow: HEALTHY },
  inference: { train: DONE, mlflow: HEALTHY },
  stream: { history: DONE },
  ui: { mlflow: HEALTHY },
};

/** The example's own program, and the containers that it made under Compose; both start from the same images. */
export async function pipelinePeers(home: string, env: Environment): Promise<readonly Peer[]> {
  const build = await project(home, "build", `${EXAMPLE}/index.ts`, env, settings(), { name: "wind-power" });
  await build.run("up", "--yes", "--skip-preview");
  const parts = await services({ prefix: PREFIX, label: STACK, order: ORDER });
  const image = (part: string) => parts[part]?.image ?? "";
  // That of the steps is found by its content: one given by name would have to be in a registry.
  const images = { "mlstack:images": { mlflow: image("mlflow-0") } };
  await build.run("destroy", "--yes", "--skip-preview");
  const stack = await project(home, "pipeline", `${EXAMPLE}/index.ts`, env, settings(images), { name: "wind-power" });
  return [
    {
      name: "mlstack",
      label: STACK,
      async up(version) {
        await stack.run("config", "set", "--path", VERSION, version);
        return stack.run("up", "--yes", "--skip-preview");
      },
      down: () => stack.run("destroy", "--yes", "--skip-preview"),
    },
    await composePeer(home, parts),
  ];
}

async function composePeer(home: string, parts: Readonly<Record<string, ComposeService>>): Promise<Peer> {
  const file = join(home, "pipeline.yaml");
  const run = await compose(file, PREFIX);
  return {
    name: "Compose",
    label: COMPOSE,
    async up(version) {
      writeFileSync(file, composeFile({ ...parts, history: withVersion(parts["history"], version) }));
      return run("up", "--detach", "--wait");
    },
    down: () => removeLabelled([COMPOSE]),
  };
}

function withVersion(history: ComposeService | undefined, version: string): ComposeService {
  if (history === undefined) throw new Error("there is no step history");
  return { ...history, environment: history.environment.map((one) => (one.startsWith("DATA_VERSION=") ? `DATA_VERSION=${version}` : one)) };
}

/** The example's own settings with a short history, ports that are free, and nothing that stays. */
function settings(further: object = {}): object {
  const { config } = parseDocument(readFileSync(join(ROOT, EXAMPLE, "layers", "forecast.yaml"), "utf8")).toJS();
  const document = parseDocument("config: {}");
  document.set("config", document.createNode(config));
  const changes = {
    "mlstack:platform": { kind: "docker", prefix: PREFIX },
    "mlstack:tracking.publish.port": 18_501,
    "mlstack:tracking.keep": false,
    "mlstack:pipeline.data.keep": false,
    "mlstack:pipeline.volumes.conf.keep": false,
    "mlstack:pipeline.steps.ui.publish.port": 18_502,
    "mlstack:pipeline.steps.kedro-viz.publish.port": 18_503,
    [`${HISTORY}.HISTORY_ROWS`]: "600",
    ...further,
  };
  for (const [path, value] of Object.entries(changes)) document.setIn(["config", ...keysOf(path)], document.createNode(value));
  const changed: { config: object } = document.toJS();
  return Object.fromEntries(Object.entries(changed.config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
}

/** When each container of a peer was started, by its name without prefix and number; another id or time is another run. */
export async function runsOf({ label }: Peer): Promise<Readonly<Record<string, string>>> {
  const docker = new Docker();
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  const runs = found.map(async ({ Id, Names: [name = ""] }) => {
    const { State } = await docker.getContainer(Id).inspect();
    return [name.slice(PREFIX.length + 2).replace(/(-\d+)+$/, ""), `${Id} ${State.StartedAt}`] as const;
  });
  return Object.fromEntries(await Promise.all(runs));
}
