import { type EarlyExit, overdue, type RunInterruption } from "../../components/workload/task-run.ts";

/** What a shell adds to the number of the signal that ended a program. */
const SIGNALLED = 128;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** Milliseconds between two looks at the clock; one timer of Node.js reaches 25 days only. */
const TICK = 250;

/** The first cause to end a command's work early, if there is one. */
export class Interruption implements RunInterruption {
  private first: EarlyExit | undefined;
  private readonly listeners: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly handlers = Object.entries(SIGNALS).map(
    ([signal, number]) => [signal, () => this.interrupt({ code: SIGNALLED + number })] as const,
  );

  get cause(): EarlyExit | undefined {
    return this.first;
  }

  interrupt(cause: EarlyExit): void {
    if (this.first !== undefined) return;
    this.first = cause;
    for (const listener of this.listeners) listener();
  }

  onInterrupt(stop: () => void): void {
    if (this.first === undefined) this.listeners.push(stop);
    else stop();
  }

  /** From now on an interrupt, a terminal that closes and a request to stop are causes. */
  listenToSignals(): void {
    for (const [signal, handler] of this.handlers) process.on(signal, handler);
  }

  interruptAfter(seconds: number): void {
    const end = Date.now() + seconds * 1000;
    this.timer = setInterval(() => Date.now() >= end && this.interrupt(overdue(seconds)), TICK);
  }

  /** Listens to no signal and no clock any more. */
  close(): void {
    clearInterval(this.timer);
    for (const [signal, handler] of this.handlers) process.off(signal, handler);
  }
}
