import * as pulumi from "@pulumi/pulumi";

import { type Duration, jobFailure, Refusal, toMilliseconds } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";
import { Diagnosis } from "./diagnosis.ts";
import { selectorOf } from "./labels.ts";
import { deploymentProgress, failureOf, gangProgress, jobProgress, type Progress, statefulSetProgress } from "./progress.ts";
import type { Standing } from "./view.ts";

/** Milliseconds between two looks: a twentieth of the wait so far, so that no wait is much longer than what it waits for. */
const EVERY = { least: 100, most: 1000, share: 0.05 };
/** Longest silence of the API server, in milliseconds, that a wait survives. */
const SILENCE = 30_000;

/**
 * What a deployment waits for. The program waits itself, once a workload is registered, whether or not anything of it
 * has changed: what does not keep its promise fails this deployment and every other until it is mended. The provider's
 * own waits know no such budget and say less of the cause, and a wait in a hook would hold up every other resource.
 *
 * Each rejects with the cause in one line.
 */
export interface Waits {
  /** Every replica is ready. */
  service(name: string, kind: "deployments" | "statefulsets", budget: Duration): Promise<void>;
  /** The work has succeeded. */
  job(name: string, startBudget: Duration, deadline: Duration): Promise<void>;
  /** All members have started. */
  gang(name: string, budget: Duration): Promise<void>;
}

const AGAIN = "mend the cause and deploy again: it begins anew, from its last checkpoint";

/** Where there is no cluster there is nothing to wait for. */
export const NO_WAITS: Waits = { service: async () => {}, job: async () => {}, gang: async () => {} };

/** Waits that look at one namespace. */
export function waitsIn(cluster: Cluster, namespace: string, stack: string): Waits {
  const diagnosis = new Diagnosis(cluster, namespace);
  const read = (group: string, name: string) => cluster.get<Standing>(`/apis/${group}/namespaces/${namespace}/${name}`);
  const selector = (workload: string) =>
    Object.entries(selectorOf(stack, workload))
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const late = async (what: string, name: string, budget: Duration) =>
    new Refusal(`${what} within ${budget}: ${await diagnosis.reason(name, selector(name))}`);

  return {
    async service(name, kind, budget) {
      const progress = kind === "deployments" ? deploymentProgress : statefulSetProgress;
      const outcome = await awaited(
        `service "${name}"`,
        async () => progress(await read("apps/v1", `${kind}/${name}`)),
        () => toMilliseconds(budget),
      );
      if (outcome !== "done") throw await late(`service "${name}" was not ready`, name, budget);
    },

    async job(name, startBudget, deadline) {
      let [looks, started] = [0, false];
      let failure: ReturnType<typeof failureOf>;
      const outcome = await awaited(
        `job "${name}"`,
        async () => {
          const job = await read("batch/v1", `jobs/${name}`);
          const progress = jobProgress(job);
          failure = failureOf(job);
          started ||= progress.reached > 0;
          looks += 1;
          return progress;
        },
        (reached) => toMilliseconds(reached === 0 ? startBudget : deadline),
      );
      if (outcome !== "done" && !started) throw await late(`job "${name}" did not start`, name, startBudget);
      if (outcome === "done" && looks === 1) return; // It had succeeded before.
      const [pod] = await diagnosis.pods(selector(name));
      const log = pod === undefined ? [] : await diagnosis.lastLines(pod.metadata.name);
      if (outcome === "done") return pulumi.log.info(`${name}: ${log.at(-1) ?? "succeeded"}`);
      const code = pod?.status.containerStatuses?.[0]?.state?.terminated?.exitCode;
      if (outcome === "late" || failure?.reason === "DeadlineExceeded")
        throw new Refusal(`job "${name}" did not end within its deadline of ${deadline} and was ended`);
      if (code === undefined) throw new Refusal(`job "${name}" failed: ${failure?.message ?? "its pod is gone"}`);
      throw new Refusal(jobFailure(name, code, log));
    },

    async gang(name, budget) {
      const pending = { labelSelector: selector(name), fieldSelector: "status.phase=Pending", limit: "1" };
      const outcome = await awaited(
        `gang "${name}"`,
        async () => {
          const made = gangProgress(await read("batch/v1", `jobs/${name}`));
          if (!made.done) return made;
          const { items } = await cluster.get<{ items: unknown[] }>(`/api/v1/namespaces/${namespace}/pods`, pending);
          return { ...made, done: items.length === 0 };
        },
        () => toMilliseconds(budget),
      );
      if (outcome === "failed") throw new Refusal(`gang "${name}" failed: ${await diagnosis.reason(name, selector(name))}; ${AGAIN}`);
      if (outcome === "late") throw await late(`gang "${name}" did not start all its members`, name, budget);
    },
  };
}

/**
 * `resource`, once it is registered and `wait` is over; what comes after it depends on this. A preview waits for nothing.
 * A broken promise ends the program, and with it the deployment.
 */
export function kept(resource: pulumi.Resource, wait: () => Promise<void>): Promise<pulumi.Resource> {
  const registered = new Promise<void>((resolve) => resource.urn.apply(() => resolve()));
  const outcome = registered.then(async () => {
    if (!pulumi.runtime.isDryRun()) await wait();
    return resource;
  });
  // Nobody catches this one, so that the cause reaches the user as it was written.
  void outcome.then(() => {});
  return outcome;
}

function gone(what: string): string {
  const refresh = `\`pulumi refresh --stack ${pulumi.getStack()}\``;
  return `${what} is not in the cluster any more, though the stack has it; ${refresh} brings the stack up to date, then deploy again`;
}

/** Looks until it is done, has failed, or has not come nearer for as long as `limit` allows where it stands. */
async function awaited(
  what: string,
  look: () => Promise<Progress>,
  limit: (reached: number) => number,
): Promise<"done" | "failed" | "late"> {
  let reached = 0;
  const begun = Date.now();
  let [since, heard] = [begun, begun];
  for (;;) {
    const progress = await look().catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) throw new Refusal(gone(what));
      if (Date.now() - heard > SILENCE)
        throw new Refusal(`${what} cannot be watched: ${error instanceof Error ? error.message : String(error)}; deploy again`);
      return undefined;
    });
    if (progress !== undefined) {
      heard = Date.now();
      if (progress.done) return "done";
      if (progress.failed === true) return "failed";
      if (progress.reached > reached) [reached, since] = [progress.reached, Date.now()];
    }
    if (Date.now() - since > limit(reached)) return "late";
    const pause = Math.min(EVERY.most, Math.max(EVERY.least, (Date.now() - begun) * EVERY.share));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
