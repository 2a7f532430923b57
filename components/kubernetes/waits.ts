import * as pulumi from "@pulumi/pulumi";

import { type Duration, jobFailure, LOG_LINES, Refusal, serviceFailure, toMilliseconds } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import { Diagnosis } from "./diagnosis.ts";
import type { Condition, Existing } from "./existing.ts";
import { newestOf } from "./hopeless.ts";
import { selectorOf } from "./labels.ts";
import { Lookout } from "./lookout.ts";
import { News, objectAt, type Watched } from "./news.ts";
import { endOf, hasSucceeded } from "./pod-status.ts";
import { poll } from "./polling.ts";
import { probationOf } from "./probation.ts";
import { deploymentProgress, failureOf, gangProgress, jobProgress, type Progress, statefulSetProgress } from "./progress.ts";

/**
 * What a deployment waits for. The program waits itself, once a workload is registered, whether or not anything of it
 * has changed: a promise that is not kept fails this deployment and every other until its cause is fixed. The provider's
 * own waits know no such budget and explain less of the cause, and a wait in a hook would hold up every other resource.
 *
 * Each rejects with the cause in one line.
 */
export interface Waits {
  /** Every replica is ready. */
  service(name: string, kind: "deployments" | "statefulsets", budget: Duration): Promise<void>;
  /** The work has succeeded. */
  job(name: string, wait: JobWait): Promise<void>;
  /** All members have started. */
  gang(name: string, budget: Duration): Promise<void>;
  /** A load balancer has given a published service an address, which this resolves to. @param object name of its Service */
  address(name: string, object: string): Promise<string | undefined>;
}

/** How a job is waited for. */
export interface JobWait {
  readonly startBudget: Duration;
  readonly deadline: Duration;
  /** Whether it had succeeded before: then its object may be gone. */
  readonly succeeded?: boolean;
  /** Called when its containers have ended well, which the Job's controller counts about two seconds later. */
  readonly onEnd?: () => void;
}

/** Longest time that a cloud takes for a load balancer. */
const ADDRESS_BUDGET = "5m";

/** Without a cluster there is nothing to wait for. */
export const NO_WAITS: Waits = { service: async () => {}, job: async () => {}, gang: async () => {}, address: async () => undefined };

/** Where a Service's load balancer answers; undefined while it has none. */
export function loadBalancerOf({ status }: Existing): string | undefined {
  const [first] = status?.loadBalancer?.ingress ?? [];
  return first?.hostname ?? first?.ip;
}

/** Waits for the workloads of a stack in one namespace. */
export class ClusterWaits implements Waits {
  private readonly cluster: Cluster;
  private readonly namespace: string;
  private readonly stack: string;
  private readonly memorySettings: ReadonlyMap<string, string>;
  private readonly diagnosis: Diagnosis;

  /** @param memorySettings settings that give memory limits, by workload */
  constructor(cluster: Cluster, namespace: string, stack: string, memorySettings: ReadonlyMap<string, string>) {
    this.memorySettings = memorySettings;
    this.cluster = cluster;
    this.namespace = namespace;
    this.stack = stack;
    this.diagnosis = new Diagnosis(cluster, namespace);
  }

  async service(name: string, kind: "deployments" | "statefulsets", budget: Duration): Promise<void> {
    const progress = kind === "deployments" ? deploymentProgress : statefulSetProgress;
    const path = this.path("apps/v1", kind, name);
    const lookout = this.lookoutFor(name);
    let [proving, said] = [0, false];
    const look = async (): Promise<Progress> => {
      const workload = await this.cluster.get<Existing>(path);
      const seen = progress(workload);
      // Before the first pod of a new form there are only those that it replaces.
      const begun = kind === "statefulsets" || seen.reached > 0;
      if (seen.done) {
        const probation = probationOf(await this.diagnosis.pods(this.selector(name)), Date.now());
        if (probation === undefined) return seen;
        if (!said) void pulumi.log.warn(`service "${name}": ${probation.text}`);
        [proving, said] = [Math.max(proving, probation.left), true];
        return { ...seen, done: false };
      }
      return begun ? { ...seen, failed: !(await lookout.hopes(workload)) } : seen;
    };
    const outcome = await this.watched(`service "${name}"`, path, look, () => toMilliseconds(budget) + proving);
    const { lost } = lookout;
    if (lost !== undefined) {
      if (lost.end === undefined) throw new Refusal(`service "${name}" is not ready: ${lost.why}`);
      // A program that takes the signal well ends as if it wanted to: its log and its exit code do not say why.
      const probe = lost.uid === undefined ? undefined : await this.diagnosis.endedFor(lost.uid).catch(() => undefined);
      const why = probe === undefined ? lost.why : `${lost.why}, since its node ends it (${probe})`;
      throw new Refusal(serviceFailure(name, why, await this.diagnosis.lastLines(lost.pod, LOG_LINES, true), lost.end));
    }
    if (outcome !== "done") throw await this.late(`service "${name}" was not ready`, name, budget);
  }

  async job(name: string, { startBudget, deadline, succeeded = false, onEnd = () => {} }: JobWait): Promise<void> {
    const path = this.path("batch/v1", "jobs", name);
    const lookout = this.lookoutFor(name);
    let [looks, started] = [0, false];
    let failure: Condition | undefined;
    const look = async (): Promise<Progress> => {
      looks += 1;
      const job = await (succeeded ? this.cluster.find<Existing>(path) : this.cluster.get<Existing>(path));
      if (job === undefined) return { done: true, reached: 1 };
      const progress = jobProgress(job);
      failure = failureOf(job);
      started ||= progress.reached > 0;
      if (progress.done || progress.failed === true) return progress;
      if (await this.hasEnded(name, job)) onEnd();
      if (started) return progress;
      return { ...progress, failed: !(await lookout.hopes(job)) };
    };
    const limit = (reached: number) => toMilliseconds(reached === 0 ? startBudget : deadline);
    const outcome = await this.watched(`job "${name}"`, path, look, limit, this.podsOf(name));
    if (lookout.lost !== undefined) throw new Refusal(`job "${name}" cannot start: ${lookout.lost.why}`);
    if (outcome !== "done" && !started) throw await this.late(`job "${name}" did not start`, name, startBudget);
    if (outcome === "done" && looks === 1) return; // It had succeeded before.
    const [pod] = await this.diagnosis.pods(this.selector(name));
    const log = pod === undefined ? [] : await this.diagnosis.lastLines(pod.metadata.name);
    if (outcome === "done") return pulumi.log.info(`${name}: ${log.at(-1) ?? "succeeded"}`);
    const end = pod?.status.containerStatuses?.[0]?.state?.terminated;
    if (outcome === "late" || failure?.reason === "DeadlineExceeded")
      throw new Refusal(`job "${name}" did not end within its deadline of ${deadline} and was ended`);
    if (pod === undefined || end === undefined) throw new Refusal(`job "${name}" failed: ${failure?.message ?? "its pod is gone"}`);
    throw new Refusal(jobFailure(name, endOf(pod, end, this.memorySettingOf(name)), log));
  }

  async gang(name: string, budget: Duration): Promise<void> {
    const path = this.path("batch/v1", "jobs", name);
    const pods = this.podsOf(name);
    const pending = { ...pods.query, fieldSelector: "status.phase=Pending", limit: "1" };
    const lookout = this.lookoutFor(name);
    const look = async (): Promise<Progress> => {
      const job = await this.cluster.get<Existing>(path);
      const created = gangProgress(job);
      if (!created.done || created.failed === true) return created;
      const { items } = await this.cluster.get<{ items: unknown[] }>(pods.list, pending);
      return items.length === 0 ? created : { ...created, done: false, failed: !(await lookout.hopes(job)) };
    };
    const outcome = await this.watched(`gang "${name}"`, path, look, () => toMilliseconds(budget));
    if (lookout.lost !== undefined) throw new Refusal(`gang "${name}" cannot start all its members: ${lookout.lost.why}`);
    if (outcome === "late") throw await this.late(`gang "${name}" did not start all its members`, name, budget);
    if (outcome === "failed") {
      const reason = await this.diagnosis.reason(name, this.selector(name), this.memorySettingOf(name));
      throw new Refusal(`gang "${name}" failed: ${reason}; fix the cause and deploy again: it starts again from its last checkpoint`);
    }
  }

  async address(name: string, object: string): Promise<string | undefined> {
    let [said, address]: [boolean, string | undefined] = [false, undefined];
    const look = async (): Promise<Progress> => {
      address = loadBalancerOf(await this.cluster.get<Existing>(`/api/v1/namespaces/${this.namespace}/services/${object}`));
      if (address === undefined && !said) void pulumi.log.info(`service "${name}" waits for the address of its load balancer`);
      said = true;
      return { done: address !== undefined, reached: 0 };
    };
    if ((await poll(`service "${name}"`, look, () => toMilliseconds(ADDRESS_BUDGET))) === "done") return address;
    const cause = await this.diagnosis.lastWarning(object);
    throw new Refusal(
      `service "${name}" is published by a load balancer, and none has given it an address within ${ADDRESS_BUDGET}${cause === undefined ? "" : `: ${cause}`}\n  The cluster needs a controller for Services of type LoadBalancer (a cloud's, or one such as MetalLB): install one, or let nodes open the port (platform.expose: { kind: node-port }), and deploy again.`,
    );
  }

  /** Whether a pod of a Job has ended well. Who may not list pods goes by what the Job says. */
  private async hasEnded(name: string, job: Existing): Promise<boolean> {
    return newestOf(await this.diagnosis.pods(this.selector(name)), job).some(hasSucceeded);
  }

  /** Polls, and looks at once when the object at a path of the API changes, or others do. */
  private async watched(
    what: string,
    path: string,
    look: () => Promise<Progress>,
    limit: (reached: number) => number,
    ...others: readonly Watched[]
  ) {
    const news = new News(this.cluster, objectAt(path), ...others);
    try {
      return await poll(what, look, limit, news);
    } finally {
      news.end();
    }
  }

  private podsOf(workload: string): Watched {
    return { list: `/api/v1/namespaces/${this.namespace}/pods`, query: { labelSelector: this.selector(workload) } };
  }

  private path(group: string, resource: string, name: string): string {
    return `/apis/${group}/namespaces/${this.namespace}/${resource}/${name}`;
  }

  private selector(workload: string): string {
    return Object.entries(selectorOf(this.stack, workload))
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  }

  private lookoutFor(name: string): Lookout {
    return new Lookout(this.diagnosis, this.selector(name), this.memorySettingOf(name));
  }

  private memorySettingOf(name: string): string {
    return this.memorySettings.get(name) ?? `resources.memory of "${name}"`;
  }

  private async late(what: string, name: string, budget: Duration): Promise<Refusal> {
    return new Refusal(`${what} within ${budget}: ${await this.diagnosis.reason(name, this.selector(name), this.memorySettingOf(name))}`);
  }
}
