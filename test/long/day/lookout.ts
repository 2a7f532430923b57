import { setTimeout as pause } from "node:timers/promises";

import { type Daily, daily } from "../../support/daily.ts";
import type { TestStack } from "../../support/stack.ts";
import { type Raised, raisedAt } from "../raised.ts";

/** Milliseconds between two looks at the alerts, and at the status. */
const EVERY = { alerts: 1000, status: 2000 } as const;

/** `PartDown of redis`. */
export const titleOf = ({ alert, part }: Raised) => (part === undefined ? alert : `${alert} of ${part}`);

/** Looks at a stack's status and alerts again and again, as somebody does who has both on a screen. */
export class Lookout {
  /** What `npm run status` said last, and when that look began. */
  status: Daily & { readonly at: number } = { code: 1, output: "", text: "", at: 0 };
  /** What is raised, by title. */
  raised: ReadonlyMap<string, Raised> = new Map();
  /** All that was raised since `forget`, by title. */
  readonly seen = new Map<string, Raised>();
  private isOver = false;
  private readonly loops: readonly Promise<void>[];

  constructor(stack: TestStack, alerts: string) {
    this.loops = [
      this.again(EVERY.alerts, async () => {
        this.raised = new Map((await raisedAt(alerts)).map((one) => [titleOf(one), one]));
        for (const [title, one] of this.raised) this.seen.set(title, one);
      }),
      this.again(EVERY.status, async () => {
        const at = Date.now();
        this.status = { ...(await daily(stack, "status")), at };
      }),
    ];
  }

  forget(): void {
    this.seen.clear();
  }

  /** Asks every half second until it is so. @returns seconds since `from`; undefined where it was not within `limit` */
  async until(isSo: () => boolean | Promise<boolean>, from: number, limit: number): Promise<number | undefined> {
    while (!(await isSo())) {
      if (Date.now() > from + limit * 1000) return undefined;
      await pause(500);
    }
    return (Date.now() - from) / 1000;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
  }

  private async again(every: number, look: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      // What cannot be asked just now is asked again.
      await look().catch(() => undefined);
      await pause(every);
    }
  }
}
