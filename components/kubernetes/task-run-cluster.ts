import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import { RunError } from "@pulumi/pulumi/errors.js";

import type { KubernetesLaunch, Terminal } from "../workload/task-run.ts";
import { ApiError, Cluster, messageOf } from "./cluster.ts";
import type { Pod } from "./pod-status.ts";

/** Longest silence of the API server, in milliseconds, that a run survives, and the pause between two calls meanwhile. */
const SILENCE = 120_000;
const PAUSE = 1000;

/** The runs of tasks in the namespace of a stack. */
export class TaskRuns {
  private readonly cluster: Cluster;
  private readonly namespace: string;
  private readonly jobs: string;

  private constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  }

  /** @throws RunError when the kubeconfig leads to no cluster, or to another one than the stack's. */
  static async connect({ context, namespace, cluster: uid }: KubernetesLaunch): Promise<TaskRuns> {
    // Another user may call the same cluster differently: then it is their current one.
    const cluster = new Cluster(context, { orCurrent: true });
    const at = `context "${cluster.context}"`;
    const system = await cluster.get<{ metadata?: { uid?: string } }>("/api/v1/namespaces/kube-system").catch((error: unknown) => {
      throw new RunError(`Kubernetes: no cluster answers (${at}): ${messageOf(error)}; log in, or set KUBECONFIG.`);
    });
    if (system.metadata?.uid === uid) return new TaskRuns(cluster, namespace);
    throw new RunError(`Kubernetes: ${at} is another cluster than the stack's; name its context: kubectl config use-context …`);
  }

  /** The declared CronJob, from which every run is made. */
  async template({ name, namespace }: KubernetesLaunch): Promise<V1CronJob> {
    try {
      return await this.cluster.get<V1CronJob>(`/apis/batch/v1/namespaces/${namespace}/cronjobs/${name}`);
    } catch (error) {
      if (statusOf(error) !== 404) throw new RunError(`Task "${name}" cannot be read: ${messageOf(error)}`);
      throw new RunError(`Task "${name}" is not in namespace "${namespace}" any more; deploy the stack again.`);
    }
  }

  create(job: V1Job): Promise<V1Job> {
    return this.cluster.send<V1Job>("POST", this.jobs, job);
  }

  /** The Job; undefined when it is gone. */
  job(name: string): Promise<V1Job | undefined> {
    return unlessGone(() => this.cluster.get<V1Job>(`${this.jobs}/${name}`));
  }

  /** Requests the end of a Job, which remains until its pod has gone. */
  async remove(job: string): Promise<void> {
    await unlessGone(() => this.cluster.send("DELETE", `${this.jobs}/${job}`, { propagationPolicy: "Foreground" }));
  }

  /** The pod of a Job, once it is created and until it is gone. */
  async pod(job: string): Promise<Pod | undefined> {
    const query = { labelSelector: `batch.kubernetes.io/job-name=${job}` };
    const pods = await unlessGone(() => this.cluster.get<{ items: Pod[] }>(`/api/v1/namespaces/${this.namespace}/pods`, query));
    return pods?.items[0];
  }

  /** Why no pod of a Job could be created: a quota, a rule of admission. */
  async podRefusal(job: string): Promise<string | undefined> {
    const query = { fieldSelector: `involvedObject.name=${job},reason=FailedCreate` };
    const events = await this.cluster.get<{ items: { message?: string }[] }>(`/api/v1/namespaces/${this.namespace}/events`, query);
    return events.items.at(-1)?.message;
  }

  /** Joins the terminal of a pod; resolves when the connection has ended. */
  async attach(pod: string, container: string, { screen }: Terminal, input: Readable): Promise<void> {
    const { Attach } = await import("@kubernetes/client-node/dist/attach.js");
    const socket = await new Attach(this.cluster.config).attach(this.namespace, pod, container, screen, null, input, true);
    await new Promise<void>((resolve) => {
      socket.onclose = () => resolve();
      socket.onerror = () => resolve();
    });
  }

  /**
   * Writes what a container prints to `output`, without the first `skip` bytes, until the container or the connection ends.
   *
   * @returns how many bytes there were in all.
   */
  async log(pod: string, skip: number, output: NodeJS.WritableStream): Promise<number> {
    let seen = 0;
    try {
      const path = `/api/v1/namespaces/${this.namespace}/pods/${pod}/log`;
      const answer = await this.cluster.stream("GET", path, { query: { follow: "true" }, silence: "allowed" });
      answer.on("data", (part: Buffer) => {
        output.write(part.subarray(Math.max(0, Math.min(part.length, skip - seen))));
        seen += part.length;
      });
      await once(answer, "close");
    } catch {
      // What is missing is read by the next connection.
    }
    return Math.max(seen, skip);
  }
}

/** What `ask` resolves to; undefined where it does not exist. An API server that is away for a while, as in its upgrade, ends no run. */
async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  for (const end = Date.now() + SILENCE; ; await pause(PAUSE)) {
    try {
      return await ask();
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return undefined;
      const passes = status === undefined || status === 429 || status >= 500;
      if (!passes || Date.now() > end) throw new RunError(`Kubernetes: ${messageOf(error)}`);
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof ApiError ? error.status : undefined;
}
