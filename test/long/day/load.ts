import { setTimeout as pause } from "node:timers/promises";

import type { Question } from "../../support/traffic.ts";

/** Milliseconds after which a client gives up. */
const PATIENCE = 10_000;

/** A request that failed. */
export interface Failed {
  readonly at: number;
  readonly what: string;
}

/** Clients that ask a system from its deployment to its end, one for each question. */
export class Load {
  /** Requests that were answered with 200. */
  answered = 0;
  readonly failed: Failed[] = [];
  private isOver = false;
  private readonly clients: readonly Promise<void>[];

  /** @param between milliseconds from an answer to the next question of the same client */
  constructor(questions: readonly Question[], between: number) {
    this.clients = questions.map((ask) => this.client(ask, between));
  }

  /** What failed since then, each kind once with how often it did. */
  since(at: number): string[] {
    const kinds = Map.groupBy(
      this.failed.filter((one) => one.at >= at),
      ({ what }) => what.slice(0, 120),
    );
    return [...kinds].map(([what, all]) => `${all.length} × ${what}`);
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  private async client(ask: Question, between: number): Promise<void> {
    while (!this.isOver) {
      const outcome = await ask(AbortSignal.timeout(PATIENCE)).then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        (error: Error) => `${error.message}: ${(error.cause as Error | undefined)?.message}`,
      );
      if (outcome.startsWith("200")) this.answered++;
      else this.failed.push({ at: Date.now(), what: outcome });
      await pause(between);
    }
  }
}
