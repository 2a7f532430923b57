import type * as pulumi from "@pulumi/pulumi";

import { count, type Mistake, mistakeLines } from "../mistakes.ts";
import { Refusal } from "../refuse.ts";

/**
 * Checks only the target can make: names and ports are free, images exist, no device is claimed twice, an existing volume
 * can take the new settings. Every check is made, and every obstacle reported at once, before the first resource is
 * registered, so that a change which cannot succeed leaves everything that runs as it is.
 *
 * A program declares its parts in one go and then registers them. What it declares after an `await` of its own is checked
 * in a further round, and registered only when the rounds before it have passed.
 */
export class Admission {
  private checks: Promise<Mistake | undefined>[] = [];
  private round: { readonly declared: Promise<void>; readonly decision: Promise<void> } | undefined;
  private last: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private readonly promises: Promise<unknown>[] = [];
  private readonly looks: (() => Promise<void>)[] = [];
  private readonly target: string;

  /** @param target as messages name it, e.g. `Docker` */
  constructor(target: string) {
    this.target = target;
  }

  /** Adds a check: a mistake, nothing, or a promise of either. */
  require(check: Mistake | undefined | Promise<Mistake | undefined>): void {
    this.checks.push(Promise.resolve(check));
    // A check without any resource behind it must be heard too: its rejection is left unhandled on purpose.
    void this.admitted();
  }

  /**
   * Resolves when everything declared so far has passed its checks; rejects with all obstacles, or with the error that the
   * program was abandoned for. It never stays open: an engine that waits in vain deletes what it does not see.
   */
  admitted(): Promise<void> {
    return this.current.decision;
  }

  /** Adds a promise of the deployment, e.g. that a service becomes ready. */
  keep(promise: Promise<unknown>): void {
    this.promises.push(promise);
  }

  /** Adds a last look at what keeps a promise for as long as the stack runs: it may have ended while others were waited for. */
  lookAgain(look: () => Promise<void>): void {
    this.looks.push(look);
  }

  /** Resolves when every promise so far is kept, and still is in the end; rejects with the first that is not. */
  async kept(): Promise<void> {
    await this.admitted();
    await Promise.all(this.promises);
    await Promise.all(this.looks.map((look) => look()));
  }

  /** Resolves when the program has declared everything that it declares in one go. */
  get declared(): Promise<void> {
    return this.current.declared;
  }

  /**
   * A resource with this as its `dependsOn` is registered only when it and everything declared beside it is admitted. A
   * rejection reaches the user through it, as an unhandled one, where the program does not await `admitted()` itself.
   */
  get gate(): Promise<pulumi.Resource[]> {
    return this.admitted().then(() => []);
  }

  /** Nothing more is registered: the program has failed with `error`. What is registered already stays. */
  abandon(error: Error): void {
    this.failure ??= error;
  }

  /** What `declare` returns. Its failure is one of the whole program, of which nothing is registered then. */
  guard<T>(declare: () => T): T {
    try {
      return declare();
    } catch (error) {
      this.abandon(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  private get current() {
    if (this.round === undefined) {
      const declared = new Promise<void>((resolve) => setImmediate(resolve));
      const decision = this.decide(declared, this.last);
      this.round = { declared, decision };
      this.last = decision;
    }
    return this.round;
  }

  private async decide(declared: Promise<void>, before: Promise<void>): Promise<void> {
    await declared;
    const checks = this.checks;
    this.checks = [];
    this.round = undefined;
    await before;
    const obstacles = (await Promise.all(checks)).filter((mistake) => mistake !== undefined);
    if (obstacles.length > 0) {
      this.abandon(new Refusal(`${this.target}: ${count(obstacles.length, "obstacle")}; nothing was changed\n${mistakeLines(obstacles)}`));
    }
    if (this.failure !== undefined) throw this.failure;
  }
}
