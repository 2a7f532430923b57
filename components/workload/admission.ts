import * as pulumi from "@pulumi/pulumi";

import { count, type Mistake, mistakeLines } from "./mistakes.ts";

/**
 * What the target, not the language, must allow: names and ports that are free, images that can be had, one claim a
 * device, a volume that can still be what it was made as. Every check is made, and every refusal told at once, before the first resource is registered,
 * so that a change which cannot succeed leaves everything that runs as it is.
 */
export class Admission {
  private readonly checks: Promise<Mistake | undefined>[] = [];
  private readonly decision: Promise<void>;
  private readonly target: string;

  /** @param target as messages name it, e.g. `Docker` */
  constructor(target: string) {
    this.target = target;
    // Checks are asked for while the program declares its parts, which it does in one go; they are all known after it.
    const declared = new Promise<void>((resolve) => setImmediate(resolve));
    this.decision = declared.then(() => this.decide());
    // Nobody catches this one, so that a refusal ends the program as it is, before a resource wraps it in its own words.
    void this.decision.then(() => {});
  }

  /** Adds a check: a mistake, nothing, or a promise of either. */
  require(check: Mistake | undefined | Promise<Mistake | undefined>): void {
    this.checks.push(Promise.resolve(check));
  }

  /** `value`, known once everything is admitted. A refusal fails it, and with it the program, before anything is registered. */
  once(value: string): pulumi.Output<string> {
    return pulumi.output(this.decision.then(() => value));
  }

  private async decide(): Promise<void> {
    const refusals = (await Promise.all(this.checks)).filter((refusal) => refusal !== undefined);
    if (refusals.length === 0) return;
    throw new Refusal(`${this.target}: ${count(refusals.length, "obstacle")}; nothing was changed\n${mistakeLines(refusals)}`);
  }
}

/**
 * An end of the program that reaches the user as it was written. Every resource that waits for what was refused fails
 * with this one error, and the SDK would put each one's property in front of the message and show where it was thrown.
 */
export class Refusal extends pulumi.RunError {
  constructor(text: string) {
    super(text);
    Object.defineProperty(this, "message", { get: () => text, set: () => {} });
    Object.defineProperty(this, "stack", { value: text });
  }
}
