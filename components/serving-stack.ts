import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { FeastStore } from "./feast-store.ts";
import { percent } from "./gateway/split.ts";
import { Gateway, gatewayEdge } from "./gateway.ts";
import type { PinnedModel } from "./model/pin.ts";
import type { Observed } from "./monitoring/observed.ts";
import { observedServers, oneOf } from "./monitoring/servers.ts";
import { answers, startedAgain } from "./parts/alive.ts";
import { modelServerSettings, program, SERVING_PORT } from "./parts/model-server.ts";
import { TrackingServer } from "./tracking-server.ts";
import * as w from "./workload/index.ts";

/** A job of the server's image that prepares its volumes. */
const prepare = w.strict({
  command: program.describe("Program and arguments, not run by a shell."),
  resources: w.resourcesOf({ memory: "1Gi" }).prefault({}).describe("Limits of the job."),
});

const shape = {
  server: modelServerSettings.prefault({}).describe("The program that answers."),
  prepare: prepare
    .optional()
    .describe("Work that runs once, before the replicas, with the server's image, variables and volumes (writable); default: none."),
  replicas: w.replicas.default(2).describe("Copies of the server."),
  edge: gatewayEdge.optional().describe("Keys, rate, TLS, origins, sizes and headers; default: requests pass as they come."),
  publish: w.publicationAt(SERVING_PORT).describe("Where the outside reaches it."),
  requestTimeout: w.duration.default("30s").describe("Longest time a request may take; over it the answer is 504."),
};

/** What a stack file may say of a model server. */
export const servingSettings = w.strict(shape);

const model = z.custom<PinnedModel>(
  (given) => typeof given === "object" && given !== null && "reference" in given && "version" in given,
  "must be what pinnedModel(…) gave",
);
const share = w.strict({ model, percent });

export const servingStackSchema = w
  .strict({
    ...shape,
    image: w.imageSource,
    gateway: w.imageSource,
    model: model.optional(),
    tracking: z.instanceof(TrackingServer, { error: "must be a TrackingServer" }).optional(),
    feast: z.instanceof(FeastStore, { error: "must be a FeastStore" }).optional(),
    canary: share.optional(),
    shadow: share.optional(),
    mounts: z.array(w.mount).default([]),
    after: w.after,
  })
  .superRefine(({ model, tracking, canary, shadow }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (model !== undefined && tracking === undefined) wrong("tracking", "is required with a model: it is loaded from there");
    if (model === undefined && canary !== undefined) wrong("canary", "needs a model that it is compared with");
    if (model === undefined && shadow !== undefined) wrong("shadow", "needs a model that it is compared with");
  });

type Settings = z.output<typeof servingStackSchema>;

/** Another version that takes part in the traffic. */
export interface ModelShare {
  model: PinnedModel;
  /** Part of the requests, 0 to 100. */
  percent: number;
}

/** Settings of a stack file, and what only a program can give. */
export type ServingStackArgs = z.input<typeof servingSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** Image of the server; with a `model` it reads the variables of `workloads/model-server`. */
  image: w.ImageSource;
  /** Image of the gateway. */
  gateway: w.ImageSource;
  /** Version that every replica loads from the registry. @default - the server brings its models itself */
  model?: PinnedModel | undefined;
  /** Registry it is loaded from; required with a `model`. */
  tracking?: TrackingServer | undefined;
  /** Features by which the server answers questions about entities, at `/predict/feast`. @default - columns only */
  feast?: FeastStore | undefined;
  /** Version that answers a part of the requests while its golden request succeeds. @default - none */
  canary?: ModelShare | undefined;
  /** Version that receives copies of a part of the requests; its answers are thrown away. @default - none */
  shadow?: ModelShare | undefined;
  /** Further volumes and files, e.g. a read-only folder of models. @default [] */
  mounts?: w.Mount[] | undefined;
  /** Started only after these, e.g. a job that fills the folder of models. @default [] */
  after?: w.Workload[] | undefined;
};

/**
 * Replicas of a model server behind a gateway, the only part reachable from outside. A replica receives traffic when it
 * has scored its golden request right; another model version renews the replicas in turns.
 *
 * @example
 * const model = await pinnedModel("fraud@production", { registry, before });
 * new ServingStack("api", { platform, image, gateway, model, tracking, replicas: 2 });
 */
export class ServingStack extends pulumi.ComponentResource {
  /** `http://host:port`, `https://` with TLS, outside the platform. */
  readonly url: pulumi.Output<string> | undefined;
  /** The replicas. */
  readonly service: w.Service;
  /** What monitoring reads of it. */
  readonly observed: Observed[];

  constructor(name: string, args: ServingStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:ServingStack", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "ServingStack", name, platform }, servingStackSchema, given);
    const parent = { parent: this };
    // The first release's programs declared these volumes beside the component, under its parent.
    const volumeOptions = { parent: this, aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }] };
    const volumes = Object.entries(settings.server.volumes).map(([volume, { path, readOnly, ...spec }]) => ({
      volume: platform.volume(volume, spec, volumeOptions),
      path,
      readOnly,
    }));
    const prepared = settings.prepare && platform.job(w.childName(name, "prepare"), prepareOf(settings, settings.prepare, volumes), parent);
    const serve = (part: string, version: PinnedModel | undefined, copies: number) =>
      platform.service(part, replicasOf(settings, { version, copies, volumes, prepared }), parent);
    const beside = (part: string, share: Settings["canary"]) =>
      share && { service: serve(w.childName(name, part), share.model, 1), percent: share.percent };

    this.service = serve(name, settings.model, settings.replicas);
    const canary = beside("canary", settings.canary);
    const shadow = beside("shadow", settings.shadow);
    const gateway = new Gateway(
      w.childName(name, "gateway"),
      {
        platform,
        image: w.imageFrom(settings.gateway),
        service: this.service,
        readyPath: settings.server.readyPath,
        canary,
        shadow,
        edge: settings.edge,
        publish: settings.publish,
        requestTimeout: settings.requestTimeout,
      },
      parent,
    );

    this.url = gateway.url;
    const { model, replicas, server, feast } = settings;
    const own = { target: this.service, replicas, model };
    const versions = [own, oneOf(canary, settings.canary?.model), oneOf(shadow, settings.shadow?.model)];
    this.observed = [...observedServers(versions, server, feast?.sources ?? []), ...gateway.observed(replicas)];
    this.registerOutputs({ url: this.url });
  }
}

interface VolumeMount {
  readonly volume: w.Volume;
  readonly path: string;
  readonly readOnly: boolean;
}

/** The job that prepares the server's volumes: what the replicas only read, it writes. */
export function prepareOf(
  { image, server }: Settings,
  { command, resources }: z.output<typeof prepare>,
  volumes: readonly VolumeMount[],
): w.JobSpec {
  return {
    container: {
      image: w.imageFrom(image),
      command,
      env: server.env,
      mounts: volumes.map(({ volume, path }) => ({ volume, path })),
      user: server.user,
      resources,
    },
  };
}

/** Which replicas are asked for. */
interface Replicas {
  readonly version: PinnedModel | undefined;
  readonly copies: number;
  readonly volumes: readonly VolumeMount[];
  readonly prepared: w.Job | undefined;
}

/** The server as the platform is asked to run it, with one version of the model. */
export function replicasOf(settings: Settings, { version, copies, volumes, prepared }: Replicas): w.ServiceSpec {
  const { image, server, tracking, feast, mounts, after } = settings;
  const {
    port,
    readyPath,
    alivePath,
    loadGrace,
    startBudget,
    accelerator,
    debug,
    volumes: _declared,
    folders,
    metrics: _observed,
    ...container
  } = server;
  const registry = version === undefined ? undefined : tracking;
  // A model is loaded into memory, beside what the program itself writes there.
  const scratch = server.scratch ?? (registry === undefined ? undefined : ({ "/tmp": "256Mi" } as const));
  return {
    container: {
      ...container,
      image: w.imageFrom(image),
      scratch,
      env: { ...container.env, ...(version === undefined ? {} : modelEnv(version)), ...registry?.env(), ...feast?.env() },
      mounts: [
        ...volumes,
        ...Object.entries(folders).map(([path, given]) => {
          const { folder, readOnly } = typeof given === "string" ? { folder: given, readOnly: true } : given;
          return { hostFolder: resolve(projectFolder(), folder), path, readOnly };
        }),
        ...mounts,
        ...(feast?.mounts() ?? []),
      ],
    },
    port,
    replicas: copies,
    readiness: w.httpProbe(port, readyPath, { startInterval: "2s", startupGrace: loadGrace }),
    // What a debugger stops does not hang.
    ...(alivePath === undefined || debug !== undefined ? {} : startedAgain(loadGrace, answers(port, alivePath))),
    startBudget,
    debug,
    placement: { accelerator },
    inputs: { ...(prepared === undefined ? {} : { prepared: prepared.fingerprint }), ...feast?.inputs() },
    after: [
      ...after,
      ...(prepared === undefined ? [] : [prepared]),
      ...(registry === undefined ? [] : [registry.service]),
      ...(feast?.ready ?? []),
    ],
  };
}

function modelEnv({ name, version, sha256 }: PinnedModel): Record<string, string> {
  return { MODEL_NAME: name, MODEL_VERSION: version, ...(sha256 === undefined ? {} : { MODEL_SHA256: sha256 }) };
}

/** Where the stack's files are, to which a relative folder is relative; a program without one runs where it was started. */
function projectFolder(): string {
  return pulumi.getRootDirectory() || process.cwd();
}
