import { Refusal } from "../workload/adapter/index.ts";
import { ApiError } from "./cluster.ts";
import type { News } from "./news.ts";
import type { Progress } from "./progress.ts";

/** Milliseconds between two looks: a twentieth of the wait so far, so that no wait is much longer than what it waits for. */
const EVERY = { least: 100, most: 1000, share: 0.05 };
/** Longest silence of the API server, in milliseconds, that a wait survives. */
const SILENCE = 30_000;

/**
 * Looks until a workload is done, has failed, or has come no nearer for as long as `limit` allows at its present progress.
 *
 * @param what names the workload in messages
 * @param news of what it looks at, for which it does not wait for its next look
 * @throws Refusal when the workload does not exist, or the API server does not answer.
 */
export async function poll(
  what: string,
  look: () => Promise<Progress>,
  limit: (reached: number) => number,
  news?: News,
): Promise<"done" | "failed" | "late"> {
  let reached = 0;
  const begun = Date.now();
  let [since, answered] = [begun, begun];
  for (;;) {
    const progress = await look().catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) throw new Refusal(gone(what));
      if (Date.now() - answered > SILENCE)
        throw new Refusal(`${what} cannot be watched: ${error instanceof Error ? error.message : String(error)}; deploy again`);
      return undefined;
    });
    if (progress !== undefined) {
      answered = Date.now();
      if (progress.done) return "done";
      if (progress.failed === true) return "failed";
      if (progress.reached > reached) [reached, since] = [progress.reached, Date.now()];
    }
    if (Date.now() - since > limit(reached)) return "late";
    const pause = Math.min(EVERY.most, Math.max(EVERY.least, (Date.now() - begun) * EVERY.share));
    await (news?.within(pause) ?? new Promise((resolve) => setTimeout(resolve, pause)));
  }
}

function gone(what: string): string {
  return `${what} was deleted while this deployment waited for it; deploy again, which makes it again`;
}
