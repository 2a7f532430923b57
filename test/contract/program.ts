import * as pulumi from "@pulumi/pulumi";

import type { DockerSettings } from "../../components/docker/settings.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { TrainingCluster, type TrainingClusterArgs } from "../../components/training-cluster.ts";
import type * as w from "../../components/workload/index.ts";

/** What a contract test requests from a platform; images, mounts, calls, variables and `after` name other parts of it. */
export interface Ask {
  /** The platform, by its settings. */
  readonly docker?: DockerSettings;
  readonly kubernetes?: KubernetesSettings;
  /** One that is built on an earlier one names it as its `base`. */
  readonly images?: Readonly<Record<string, w.ImageSpec>>;
  readonly volumes?: Readonly<Record<string, w.VolumeSpec>>;
  readonly files?: Readonly<Record<string, w.ConfigFilesSpec["files"]>>;
  /** Values by key, by secret; a variable names one by `{ from: "secret", secret, key }`, a service by `{ from, service, … }`, a gang's first member by `{ gang }`, replicas by `{ replicas }`. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly services?: Readonly<Record<string, Named<w.ServiceSpec>>>;
  readonly jobs?: Readonly<Record<string, Named<w.JobSpec>>>;
  readonly gangs?: Readonly<Record<string, Named<w.GangSpec>>>;
  readonly tasks?: Readonly<Record<string, Named<w.TaskSpec>>>;
  /** Training clusters, whose image is one of `images`. */
  readonly trainings?: Readonly<
    Record<string, Omit<TrainingClusterArgs, "platform" | "image" | "mounts" | "after"> & { readonly image: string }>
  >;
}

type Named<S extends { container: object }> = Omit<S, "container" | "after" | "inputs"> & {
  readonly container: Omit<S["container"], "mounts" | "image" | "calls" | "env"> & {
    readonly env?: Readonly<Record<string, unknown>>;
    readonly mounts?: readonly NamedMount[];
    readonly image?: string;
    readonly calls?: readonly (string | { readonly to: string; readonly port: number })[];
  };
  readonly after?: readonly string[];
  /** One that is the fingerprint of a job names it. */
  readonly inputs?: Readonly<Record<string, string | { readonly job: string }>>;
};

type NamedMount =
  | { readonly volume: string; readonly path: string; readonly readOnly?: boolean }
  | { readonly files: string; readonly path: string }
  | { readonly hostFolder: string; readonly path: string; readonly readOnly?: boolean };

const ask = new pulumi.Config("mlstack").requireObject<Ask>("ask");
const base = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";

const platform = await connected();
const opts = { parent: platform };

const each = <S, H>(specs: Readonly<Record<string, S>> = {}, make: (name: string, spec: S) => H) =>
  new Map(Object.entries(specs).map(([name, spec]) => [name, make(name, spec)]));

const images = new Map<string, w.Image>();
for (const [name, spec] of Object.entries(ask.images ?? {})) images.set(name, platform.image(name, onBase(spec), opts));
const volumes = each(ask.volumes, (name, spec) => platform.volume(name, spec, opts));
const files = each(ask.files, (name, content) => platform.configFiles(name, { files: content }, opts));

const secrets = each(ask.secrets, (name, values) => platform.secret(name, { values }, opts));

const workloads = new Map<string, w.Workload>();
for (const [name, spec] of Object.entries(ask.jobs ?? {})) workloads.set(name, platform.job(name, completed(spec), opts));
for (const [name, spec] of Object.entries(ask.services ?? {})) workloads.set(name, platform.service(name, completed(spec), opts));
for (const [name, spec] of Object.entries(ask.gangs ?? {})) workloads.set(name, platform.gang(name, completed(spec), opts));
each(ask.trainings, (name, { image, ...args }) => {
  const reference = images.get(image)?.reference ?? image;
  return new TrainingCluster(name, { platform, ...args, image: reference }, opts);
});

/** What `npm run task` reads. */
export const tasks = Object.fromEntries(each(ask.tasks, (name, spec) => platform.task(name, completed(spec), opts).launch));

await platform.admitted();

/** Each adapter is loaded only where it is used: the bench measures this program. */
async function connected(): Promise<w.Platform & pulumi.Resource> {
  if (ask.kubernetes === undefined) return (await import("../../components/docker/platform.ts")).DockerPlatform.connect(ask.docker);
  return (await import("../../components/kubernetes/platform.ts")).KubernetesPlatform.connect(ask.kubernetes);
}

/** An image that is built on an earlier one of the ask gets its handle. */
function onBase(spec: w.ImageSpec): w.ImageSpec {
  const handle = "build" in spec && typeof spec.build.base === "string" ? images.get(spec.build.base) : undefined;
  return "build" in spec && handle !== undefined ? { build: { ...spec.build, base: handle } } : spec;
}

/** A spec with handles in the place of names. */
function completed<S extends w.ServiceSpec | w.JobSpec | w.GangSpec | w.TaskSpec>(spec: Named<S>): S {
  const { container, after, inputs, ...rest } = spec;
  const { mounts = [], image = base, calls = [], env = {}, ...others } = container;
  return {
    ...rest,
    container: {
      ...others,
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, withHandle(value)])),
      image: images.get(image)?.reference ?? image,
      mounts: mounts.map(mounted),
      calls: calls.map((call) => (typeof call === "string" ? workloads.get(call) : { ...call, to: workloads.get(call.to) })),
    },
    ...(after === undefined ? {} : { after: after.map((name) => workloads.get(name)) }),
    ...(inputs === undefined ? {} : { inputs: Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, inputOf(one)])) }),
  } as unknown as S;
}

function inputOf(given: string | { readonly job: string }): pulumi.Input<string> {
  const named = typeof given === "string" ? undefined : workloads.get(given.job);
  return named?.kind === "job" ? named.fingerprint : String(given);
}

/** A variable's value with the handle that it names. */
function withHandle(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("gang" in value) return hostOf(workloads.get(String(value.gang)));
  if ("replicas" in value) return hostOf(workloads.get(String(value.replicas)));
  if ("secret" in value) return { ...value, secret: secrets.get(String(value.secret)) };
  return "service" in value ? { ...value, service: workloads.get(String(value.service)) } : value;
}

function hostOf(workload: w.Workload | undefined): string {
  return workload?.kind === "gang" ? workload.leader : workload?.kind === "service" ? workload.replicasAddress : "";
}

function mounted(mount: NamedMount): unknown {
  if ("hostFolder" in mount) return mount;
  return "volume" in mount ? { ...mount, volume: volumes.get(mount.volume) } : { ...mount, files: files.get(mount.files) };
}
