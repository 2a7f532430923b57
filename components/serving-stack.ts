import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { FeastStore } from "./feast-store.ts";
import { percent } from "./gateway/split.ts";
import { Gateway, type GatewayEdge, gatewayEdge } from "./gateway.ts";
import type { PinnedModel } from "./pinned-model.ts";
import { TrackingServer } from "./tracking-server.ts";
import * as w from "./workload/index.ts";

/** One program that answers requests, as often as it is asked for. */
export interface ModelServer {
  /** Image; with a `model` it reads the variables of `workloads/model-server`. */
  image: pulumi.Input<string>;
  /** Program and leading arguments. @default - the image's entrypoint */
  command?: string[] | undefined;
  /** Port of every replica. @default 8000 */
  port?: number | undefined;
  /** Path that answers 200 while a replica may receive traffic; its golden request is the place to decide that. @default "/ready" */
  readyPath?: string | undefined;
  /** Time after the start in which a replica that is not ready yet is left alone: the load of the model. @default "60s" */
  loadGrace?: w.Duration | undefined;
  /** Time a deployment waits for a replica before it fails. @default "5m" */
  startBudget?: w.Duration | undefined;
  /** Further variables; those that name the model, its registry and its features are reserved. */
  env?: Record<string, w.EnvValue> | undefined;
  /** Volumes and files, e.g. a read-only folder of models. */
  mounts?: w.Mount[] | undefined;
  /** Writable folders in memory. @default { "/tmp": "64Mi" }, with a model { "/tmp": "256Mi" } */
  scratch?: Record<string, w.Memory> | undefined;
  /** Size of `/dev/shm`. @default "64Mi" */
  sharedMemory?: w.Memory | undefined;
  /** Numeric user. @default 10001:10001 */
  user?: { uid: number; gid: number } | undefined;
  /** Limits; default: 1 core, 1Gi. */
  resources?: w.Limits | undefined;
  /** Devices of each replica. @default - none */
  accelerator?: w.Accelerator | undefined;
  /** Where a debugger gets in: `{ port, hostPort }`; refused where the platform is in production. @default - nowhere */
  debug?: { port: number; hostPort?: number | undefined } | undefined;
  /** Time between the request to stop and the kill. @default "15s" */
  stopGrace?: w.Duration | undefined;
}

/** Another version that takes part in the traffic. */
export interface ModelShare {
  model: PinnedModel;
  /** Part of the requests, 0 to 100. */
  percent: number;
}

/** Replicas of a model server behind a gateway. */
export interface ServingStackArgs {
  /** Where it runs. */
  platform: w.Platform;
  /** What answers. */
  server: ModelServer;
  /** Image of the gateway. */
  gateway: pulumi.Input<string>;
  /** Copies of the server. @default 2 */
  replicas?: number | undefined;
  /** Version that every replica loads from the registry; without one the server brings its models itself. */
  model?: PinnedModel | undefined;
  /** Registry it is loaded from; required with a `model`. */
  tracking?: TrackingServer | undefined;
  /** Features by which the server answers questions about entities, at `/predict/feast`. @default - columns only */
  features?: FeastStore | undefined;
  /** Version that answers a part of the requests while its golden request succeeds. */
  canary?: ModelShare | undefined;
  /** Version that gets copies of a part of the requests; its answers are thrown away. */
  shadow?: ModelShare | undefined;
  /** Keys, rate, TLS, origins, sizes and headers. */
  edge?: GatewayEdge | undefined;
  /** Where the outside reaches it. @default { port: 8000, address: "127.0.0.1" } */
  publish?: { port?: number | undefined; address?: string | undefined } | undefined;
  /** Longest time a request may take. @default "30s" */
  requestTimeout?: w.Duration | undefined;
  /** Started only after these, e.g. a job that fills the folder of models. */
  after?: w.Workload[] | undefined;
}

const PORT = 8000;
const RESERVED = [
  "MODEL_NAME",
  "MODEL_VERSION",
  "MODEL_SHA256",
  "MLFLOW_TRACKING_URI",
  "MLFLOW_TRACKING_USERNAME",
  "MLFLOW_TRACKING_PASSWORD",
  "FEAST_REGISTRY_URI",
  "FEAST_FEATURE_SERVICE",
  "FEAST_ONLINE_ENABLED",
  "FEAST_DATA",
  "REDIS_HOST",
  "REDIS_PORT",
  "REDIS_PASSWORD",
];

const model = z.custom<PinnedModel>(
  (given) => typeof given === "object" && given !== null && "reference" in given && "version" in given,
  "must be what pinnedModel(…) gave",
);
const share = w.strict({ model, percent });

const server = w.strict({
  image: w.inputText,
  command: z.array(z.string()).min(1, "must name the program to run").optional(),
  port: w.port.default(PORT),
  readyPath: w.containerPath.default("/ready"),
  loadGrace: w.duration.default("60s"),
  startBudget: w.duration.default("5m"),
  env: w.leavesOut(w.env, RESERVED).default({}),
  mounts: z.array(w.mount).default([]),
  scratch: z.record(w.containerPath, w.memory).optional(),
  sharedMemory: w.memory.default("64Mi"),
  user: w.user.optional(),
  resources: w.resources.extend({ memory: w.memory.default("1Gi") }).prefault({}),
  accelerator: w.accelerator.optional(),
  debug: w.debug.optional(),
  stopGrace: w.duration.default("15s"),
});

export const servingStackSchema = w
  .strict({
    server,
    gateway: w.inputText,
    replicas: z.int().min(1).max(64).default(2),
    model: model.optional(),
    tracking: z.instanceof(TrackingServer, { error: "must be a TrackingServer" }).optional(),
    features: z.instanceof(FeastStore, { error: "must be a FeastStore" }).optional(),
    canary: share.optional(),
    shadow: share.optional(),
    edge: gatewayEdge.optional(),
    publish: w.publication.extend({ port: w.port.default(PORT) }).prefault({}),
    requestTimeout: w.duration.default("30s"),
    after: w.after,
  })
  .superRefine(({ model, tracking, canary, shadow }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (model !== undefined && tracking === undefined) wrong("tracking", "is required with a model: it is loaded from there");
    if (model === undefined && canary !== undefined) wrong("canary", "needs a model that it is compared with");
    if (model === undefined && shadow !== undefined) wrong("shadow", "needs a model that it is compared with");
  });

type Settings = z.output<typeof servingStackSchema>;

/**
 * Replicas of a model server behind a gateway, the only part reachable from outside. A replica receives traffic once it
 * has scored its golden request right; another model version renews them one after another.
 *
 * @example
 * const model = await pinnedModel("fraud@production", { registry, deployed: await deployed() });
 * new ServingStack("api", { platform, server: { image }, gateway, model, tracking, replicas: 2 });
 */
export class ServingStack extends pulumi.ComponentResource {
  /** `http://host:port`, `https://` with TLS, outside the platform. */
  readonly url: pulumi.Output<string> | undefined;
  /** The replicas. */
  readonly service: w.Service;

  constructor(name: string, args: ServingStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:ServingStack", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "ServingStack", name, resource: this }, servingStackSchema, given);
    const parent = { parent: this };
    const { canary, shadow, replicas, edge, publish, requestTimeout } = settings;
    const serve = (part: string, version: PinnedModel | undefined, copies: number) =>
      platform.service(part, replicasOf(settings, version, copies), parent);
    const beside = (part: string, share: Settings["canary"]) =>
      share && { service: serve(w.childName(name, part), share.model, 1), percent: share.percent };

    this.service = serve(name, settings.model, replicas);
    const gateway = new Gateway(
      w.childName(name, "gateway"),
      {
        platform,
        image: settings.gateway,
        service: this.service,
        readyPath: settings.server.readyPath,
        canary: beside("canary", canary),
        shadow: beside("shadow", shadow),
        edge,
        publish,
        requestTimeout,
      },
      parent,
    );

    this.url = gateway.url;
    this.registerOutputs({ url: this.url });
  }
}

/** The server as the platform is asked to run it, with one version of the model. */
export function replicasOf(
  { server, tracking, features, after }: Settings,
  version: PinnedModel | undefined,
  replicas: number,
): w.ServiceSpec {
  const { image, command, port, readyPath, loadGrace, startBudget, accelerator, user, scratch, debug, ...container } = server;
  const registry = version === undefined || tracking === undefined ? undefined : tracking;
  return {
    container: {
      ...container,
      image,
      ...(command === undefined ? {} : { command }),
      ...(user === undefined ? {} : { user }),
      // A model is loaded into memory, beside what the program itself writes there.
      ...(scratch !== undefined ? { scratch } : registry === undefined ? {} : { scratch: { "/tmp": "256Mi" } }),
      env: { ...container.env, ...(version === undefined ? {} : modelEnv(version)), ...registry?.env(), ...features?.env() },
      mounts: [...container.mounts, ...(features?.mounts() ?? [])],
    },
    port,
    replicas,
    readiness: w.httpProbe(port, readyPath, { interval: "2s", startupGrace: loadGrace }),
    startBudget,
    ...(debug === undefined ? {} : { debug }),
    placement: { accelerator },
    after: [...after, ...(registry === undefined ? [] : [registry.service]), ...(features?.ready ?? [])],
  };
}

function modelEnv({ name, version, sha256 }: PinnedModel): Record<string, string> {
  return { MODEL_NAME: name, MODEL_VERSION: version, ...(sha256 === undefined ? {} : { MODEL_SHA256: sha256 }) };
}
