import { request as overHttp } from "node:http";
import { request as overHttps, type RequestOptions } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { ApiException, Attach, BatchV1Api, CoreV1Api, KubeConfig, type V1CronJob, type V1Job, type V1Pod } from "@kubernetes/client-node";

import { Problem } from "../lib/problem.ts";
import type { KubernetesLaunch } from "./launch.ts";

/** Longest silence of the API server, in milliseconds, that a run survives, and how often it is asked meanwhile. */
const SILENCE = 120_000;
const AGAIN = 1000;

/** The namespace of a stack, as the runs of its tasks see it. */
export class Kube {
  private readonly config = new KubeConfig();
  private readonly namespace: string;
  private readonly batch: BatchV1Api;
  private readonly core: CoreV1Api;

  private constructor({ context, namespace }: KubernetesLaunch) {
    this.config.loadFromDefault();
    // Somebody else may call the same cluster by another name.
    if (context !== undefined && this.config.getContextObject(context) !== null) this.config.setCurrentContext(context);
    this.namespace = namespace;
    this.batch = this.config.makeApiClient(BatchV1Api);
    this.core = this.config.makeApiClient(CoreV1Api);
  }

  /** @throws Problem when the kubeconfig leads to no cluster, or to another one than the stack's. */
  static async connect(launch: KubernetesLaunch): Promise<Kube> {
    const kube = new Kube(launch);
    const at = `context "${kube.config.getCurrentContext()}"`;
    const system = await kube.core.readNamespace({ name: "kube-system" }).catch((error: unknown) => {
      throw new Problem(`Kubernetes: no cluster answers (${at}): ${messageOf(error)}; log in, or set KUBECONFIG.`);
    });
    if (system.metadata?.uid === launch.cluster) return kube;
    throw new Problem(`Kubernetes: ${at} is another cluster than the stack's; name its context: kubectl config use-context …`);
  }

  template({ name, namespace }: KubernetesLaunch): Promise<V1CronJob> {
    return this.batch.readNamespacedCronJob({ name, namespace }).catch((error: unknown) => {
      if (statusOf(error) !== 404) throw new Problem(`Task "${name}" cannot be read: ${messageOf(error)}`);
      throw new Problem(`Task "${name}" is not in namespace "${namespace}" any more; deploy the stack again.`);
    });
  }

  create(job: V1Job): Promise<V1Job> {
    return this.batch.createNamespacedJob({ namespace: this.namespace, body: job });
  }

  /** The Job; undefined when it is gone. */
  job(name: string): Promise<V1Job | undefined> {
    return found(() => this.batch.readNamespacedJob({ name, namespace: this.namespace }));
  }

  /** Asks for the end of a Job, which stays until its pod has gone. */
  async remove(job: string): Promise<void> {
    await found(() => this.batch.deleteNamespacedJob({ name: job, namespace: this.namespace, propagationPolicy: "Foreground" }));
  }

  /** The pod of a Job, once it is made and until it is gone. */
  async pod(job: string): Promise<V1Pod | undefined> {
    const labelSelector = `batch.kubernetes.io/job-name=${job}`;
    const pods = await found(() => this.core.listNamespacedPod({ namespace: this.namespace, labelSelector }));
    return pods?.items[0];
  }

  /** Why no pod of a Job could be made: a quota, a rule of admission. */
  async notMade(job: string): Promise<string | undefined> {
    const fieldSelector = `involvedObject.name=${job},reason=FailedCreate`;
    return (await this.core.listNamespacedEvent({ namespace: this.namespace, fieldSelector })).items.at(-1)?.message;
  }

  /** Joins the terminal of a pod; resolves when the connection has ended. */
  async attach(pod: string, container: string, output: NodeJS.WriteStream, input: NodeJS.ReadableStream): Promise<void> {
    const socket = await new Attach(this.config).attach(this.namespace, pod, container, output as never, null, input as never, true);
    await new Promise<void>((resolve) => {
      socket.onclose = () => resolve();
      socket.onerror = () => resolve();
    });
  }

  /**
   * Hands on what a container prints until it ends or the connection does, without the first `skip` bytes; returns how many
   * there were in all. The client's own way gives up on a program that is silent for five minutes.
   */
  async log(pod: string, skip: number, output: NodeJS.WritableStream): Promise<number> {
    const server = this.config.getCurrentCluster()?.server.replace(/\/+$/, "");
    const url = new URL(`${server}/api/v1/namespaces/${this.namespace}/pods/${pod}/log?follow=true`);
    const options: RequestOptions = { method: "GET" };
    await this.config.applyToHTTPSOptions(options);
    let seen = 0;
    await new Promise<void>((resolve) => {
      const call = (url.protocol === "http:" ? overHttp : overHttps)(url, options, (answer) => {
        answer.on("data", (part: Buffer) => {
          const fresh = part.subarray(Math.max(0, Math.min(part.length, skip - seen)));
          seen += part.length;
          if (answer.statusCode === 200) output.write(fresh);
        });
        answer.once("close", resolve);
        answer.once("error", () => resolve());
        if (answer.statusCode !== 200) seen = 0;
      });
      call.once("error", () => resolve());
      call.end();
    });
    return Math.max(seen, skip);
  }
}

/** Undefined where there is no such thing. A server that is away for a while, as during its upgrade, ends no run. */
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  for (const end = Date.now() + SILENCE; ; await pause(AGAIN)) {
    try {
      return await ask();
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return undefined;
      const passes = status === undefined || status === 429 || status >= 500;
      if (!passes || Date.now() > end) throw new Problem(`Kubernetes: ${messageOf(error)}`);
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** What the server said, in one line. */
export function messageOf(error: unknown): string {
  const body: unknown = error instanceof ApiException ? error.body : undefined;
  const said = typeof body === "string" ? (JSON.parse(body) as { message?: string }).message : undefined;
  return (said ?? (error instanceof Error ? error.message : String(error))).replaceAll(/\s+/g, " ").trim();
}
