import * as pulumi from "@pulumi/pulumi";

import { type Duration, jobFailure, toMilliseconds } from "../workload/index.ts";
import type { Cluster } from "./cluster.ts";
import { Diagnosis } from "./diagnosis.ts";
import { selectorOf } from "./labels.ts";
import { deploymentProgress, gangProgress, jobProgress, type Progress, statefulSetProgress } from "./progress.ts";
import type { Standing } from "./view.ts";

/** Milliseconds between two looks: often while it is fresh, since most things take a second. */
const EVERY = { first: 100, last: 1000 };
/** Longest silence of the API server that a wait survives. */
const SILENCE = 30_000;

/**
 * What waits for a workload after it was made or changed, and fails the deployment, with the cause in one line, when it
 * does not keep its promise. The provider's own waits have a fixed ten minutes, or start anew with every event.
 */
export interface Hooks {
  /** Every replica is ready. */
  service(name: string, kind: "deployments" | "statefulsets", budget: Duration): pulumi.ResourceHookBinding;
  /** The work has succeeded. */
  job(name: string, startBudget: Duration, deadline: Duration): pulumi.ResourceHookBinding;
  /** All members have started. */
  gang(name: string, budget: Duration): pulumi.ResourceHookBinding;
}

/** Hooks that look at one namespace; they run in deployments, never in previews. */
export function hooksFor(cluster: Cluster, namespace: string, stack: string): Hooks {
  const diagnosis = new Diagnosis(cluster, namespace);
  const read = (group: string, name: string) => cluster.get<Standing>(`/apis/${group}/namespaces/${namespace}/${name}`);
  const selector = (workload: string) =>
    Object.entries(selectorOf(stack, workload))
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const late = async (what: string, name: string, budget: Duration) =>
    new Error(`${what} within ${budget}: ${await diagnosis.reason(name, selector(name))}`);

  return {
    service: (name, kind, budget) =>
      after(`mlstack-service-${name}`, async () => {
        const progress = kind === "deployments" ? deploymentProgress : statefulSetProgress;
        const outcome = await awaited(
          async () => progress(await read("apps/v1", `${kind}/${name}`)),
          () => toMilliseconds(budget),
        );
        if (outcome !== "done") throw await late(`service "${name}" was not ready`, name, budget);
      }),

    job: (name, startBudget, deadline) =>
      after(`mlstack-job-${name}`, async () => {
        const limit = (reached: number) => toMilliseconds(reached === 0 ? startBudget : deadline);
        const last = { progress: { done: false, reached: 0 } as Progress };
        const outcome = await awaited(async () => {
          last.progress = jobProgress(await read("batch/v1", `jobs/${name}`));
          return last.progress;
        }, limit);
        const [pod] = await diagnosis.pods(selector(name));
        const log = pod === undefined ? [] : await diagnosis.lastLines(pod.metadata.name);
        if (outcome === "done") return pulumi.log.info(`${name}: ${log.at(-1) ?? "succeeded"}`);
        if (outcome === "late" && last.progress.reached === 0) throw await late(`job "${name}" did not start`, name, startBudget);
        const code = pod?.status.containerStatuses?.[0]?.state?.terminated?.exitCode;
        if (code === undefined) throw new Error(`job "${name}" did not end within its deadline of ${deadline} and was ended`);
        throw new Error(jobFailure(name, code, log));
      }),

    gang: (name, budget) =>
      after(`mlstack-gang-${name}`, async () => {
        const pending = { labelSelector: selector(name), fieldSelector: "status.phase=Pending", limit: "1" };
        const outcome = await awaited(
          async () => {
            const made = gangProgress(await read("batch/v1", `jobs/${name}`));
            if (!made.done) return made;
            const { items } = await cluster.get<{ items: unknown[] }>(`/api/v1/namespaces/${namespace}/pods`, pending);
            return { ...made, done: items.length === 0 };
          },
          () => toMilliseconds(budget),
        );
        if (outcome === "failed") throw new Error(`gang "${name}" failed: ${await diagnosis.reason(name, selector(name))}`);
        if (outcome === "late") throw await late(`gang "${name}" did not start all its members`, name, budget);
      }),
  };
}

function after(name: string, wait: () => Promise<void>): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(name, wait);
  return { afterCreate: [hook], afterUpdate: [hook] };
}

/** Looks until it is done, has failed, or has not come nearer for as long as `limit` allows where it stands. */
async function awaited(look: () => Promise<Progress>, limit: (reached: number) => number): Promise<"done" | "failed" | "late"> {
  let reached = 0;
  let since = Date.now();
  let heard = Date.now();
  for (let pause = EVERY.first; ; pause = Math.min(EVERY.last, pause * 1.3)) {
    const progress = await look().catch((error: unknown) => {
      if (Date.now() - heard > SILENCE) throw error;
      return undefined;
    });
    if (progress !== undefined) {
      heard = Date.now();
      if (progress.done) return "done";
      if (progress.failed === true) return "failed";
      if (progress.reached > reached) [reached, since] = [progress.reached, Date.now()];
    }
    if (Date.now() - since > limit(reached)) return "late";
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
