import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between a client's answer and its next question: near fifty requests a second for each client. */
const BETWEEN = 20;
/** Milliseconds after which a client gives up. */
const PATIENCE = 10_000;

/** One request, given up when the signal says so. */
export type Question = (signal: AbortSignal) => Promise<Response>;

/** What the clients saw. */
export interface Traffic<T> {
  /** What the work gave. */
  readonly result: T;
  /** How many requests were answered with 200. */
  readonly answered: number;
  /** What happened to each of the others. */
  readonly failed: readonly string[];
}

/** Asks a fraud-detection API: half of the clients read, half of them post. */
export function fraudQuestions(url: string): Question[] {
  const reads: Question = (signal) => fetch(`${url}/features/3`, { signal });
  const posts: Question = (signal) =>
    fetch(`${url}/predict`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"id":5}', signal });
  return [reads, posts, reads, posts, reads, posts, reads, posts];
}

/** Does something to a service while clients use it at the same time, one for each question, on connections that they keep. */
export async function underTraffic<T>(questions: readonly Question[], work: () => Promise<T>): Promise<Traffic<T>> {
  const failed: string[] = [];
  let answered = 0;
  let over = false;
  const client = async (ask: Question) => {
    while (!over) {
      const outcome = await ask(AbortSignal.timeout(PATIENCE)).then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        (error: Error) => `${error.message}: ${(error.cause as Error | undefined)?.message}`,
      );
      if (outcome.startsWith("200")) answered++;
      else failed.push(outcome);
      await pause(BETWEEN);
    }
  };
  const clients = questions.map(client);
  const result = await work().finally(() => {
    over = true;
  });
  await Promise.all(clients);
  return { result, answered, failed };
}
