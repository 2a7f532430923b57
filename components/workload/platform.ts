import type * as pulumi from "@pulumi/pulumi";

import type { GangSpec } from "./gang.ts";
import type { ConfigFiles, Gang, Image, Job, Secret, Service, Task, Volume } from "./handles.ts";
import type { ImageSpec } from "./image.ts";
import type { JobSpec } from "./job.ts";
import type { LogsSpec } from "./logs.ts";
import type { ServiceSpec } from "./service.ts";
import type { ConfigFilesSpec, SecretSpec, VolumeSpec } from "./storage.ts";
import type { TaskSpec } from "./task.ts";

/** Whose child a noun is, and under which other names or parents it was declared before. */
export interface ChildOptions {
  /** Required, so that no component can lose its parts. */
  readonly parent: pulumi.Resource;
  /** Former places of the noun in the program: a rename must never delete data. Default: none. */
  readonly aliases?: pulumi.Alias[];
}

/**
 * The port: what can run workloads, such as one container engine or one namespace of a cluster.
 *
 * Every promise below is tested against every adapter, on the real engine (`test/contract`). Every field of a spec is
 * realised, realised by a documented equivalent, or refused at preview with path, target and remedy.
 *
 * All nouns throw `Refusal`, with all mistakes of the spec at once; then nothing of the program is registered.
 */
export interface Platform {
  /** Name of this target in messages. */
  readonly target: string;

  /** An image: built, pulled or only referenced. Resolves when containers can start from it. */
  image(name: string, spec: ImageSpec, opts: ChildOptions): Image;

  /** Storage. Its data survive every change of settings, except a move to another engine, cluster, namespace or prefix. */
  volume(name: string, spec: VolumeSpec, opts: ChildOptions): Volume;

  /** Sensitive values: never in a name, a label, a log or a preview, and encrypted in the state. */
  secret(name: string, spec: SecretSpec, opts: ChildOptions): Secret;

  /** Plain files. A changed file replaces the workloads that mount it, one after another. */
  configFiles(name: string, spec: ConfigFilesSpec, opts: ChildOptions): ConfigFiles;

  /**
   * Replicas behind one address; resolves when every replica is ready. A replica that never becomes ready fails this
   * deployment and the next, until its cause is fixed. Several replicas are updated in turns; a changed input
   * updates them too.
   */
  service(name: string, spec: ServiceSpec, opts: ChildOptions): Service;

  /**
   * Work that runs to success once; resolves when it has succeeded. A failure fails the deployment with the last 20 lines
   * of the log; the next deployment tries again. After success it runs again exactly when image, command, environment,
   * mounts or declared inputs change; a changed limit waits for the next run.
   */
  job(name: string, spec: JobSpec, opts: ChildOptions): Job;

  /**
   * Members with stable names that start and fail as one; resolves when all have *started*. A member that fails is
   * restarted under its own name, at most `maxRestarts` times; its peers must end with an error when they lose it, so
   * that all meet again.
   */
  gang(name: string, spec: GangSpec, opts: ChildOptions): Gang;

  /**
   * Work that is declared and never started by a deployment. Each run gets the image, variables, mounts, limits and flows
   * of the last deployment; its exit code is its own, and no run is left behind when it ends. A deployment that changes
   * the task leaves a run alone; one that removes the task, or the whole stack, ends it.
   */
  task(name: string, spec: TaskSpec, opts: ChildOptions): Task;

  /**
   * Sends every line that a workload writes to a service of the platform, as well as to where the target keeps it: with its time, its
   * part (`sourcetype`), its replica (`source`) and the stack (`index`). At most once. No workload waits for it, and none needs it to start.
   */
  collectLogs(name: string, spec: LogsSpec, opts: ChildOptions): void;

  /**
   * Resolves when everything declared so far has passed the target's checks and is being registered; rejects with all
   * obstacles at once, before anything is changed. Await it when all parts are declared.
   */
  admitted(): Promise<void>;

  /**
   * Resolves when every promise declared so far is kept; in a preview, when it is admitted. Outputs that wait for it never
   * name what a failed deployment has tried.
   */
  kept(): Promise<void>;

  /** Call it when the program fails while it declares its parts: nothing is registered, and `admitted` rejects with `error`. */
  abandon(error: Error): void;
}
