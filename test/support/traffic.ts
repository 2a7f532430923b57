import { setTimeout as pause } from "node:timers/promises";

/** Clients that ask at the same time, each on connections it keeps; half of them read, half of them post. */
const CLIENTS = 8;
/** Milliseconds between a client's answer and its next question: together far more than 50 requests a second. */
const BETWEEN = 20;
/** Milliseconds after which a client gives up. */
const PATIENCE = 10_000;

/** What the clients saw. */
export interface Traffic<T> {
  /** What the work gave. */
  readonly result: T;
  /** How many requests were answered with 200. */
  readonly answered: number;
  /** What happened to each of the others. */
  readonly failed: readonly string[];
}

/** Does something to a fraud-detection API while clients use it. */
export async function underTraffic<T>(url: string, work: () => Promise<T>): Promise<Traffic<T>> {
  const failed: string[] = [];
  let answered = 0;
  let over = false;
  const client = async (ask: () => Promise<Response>) => {
    while (!over) {
      const outcome = await ask().then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        (error: Error) => `${error.message}: ${(error.cause as Error | undefined)?.message}`,
      );
      if (outcome.startsWith("200")) answered++;
      else failed.push(outcome);
      await pause(BETWEEN);
    }
  };
  const reads = () => fetch(`${url}/features/3`, { signal: AbortSignal.timeout(PATIENCE) });
  const posts = () =>
    fetch(`${url}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"id":5}',
      signal: AbortSignal.timeout(PATIENCE),
    });
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index % 2 === 0 ? reads : posts));
  const result = await work().finally(() => {
    over = true;
  });
  await Promise.all(clients);
  return { result, answered, failed };
}
