/** Exit code of `timeout`, for work that took too long. */
const TOO_LONG = 124;
/** What a shell adds to the number of a signal that ended a program. */
const SIGNALLED = 128;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** How somebody wants a run to be. */
export interface Wish {
  /** In the place of the task's own arguments; none: its own. */
  readonly args: readonly string[];
  /** Typed into on this terminal. */
  readonly interactive: boolean;
  readonly ending: Ending;
}

/** Why a run was ended before its work was. */
export interface Early {
  readonly code: number;
  readonly why?: string;
}

/** The first reason to end a run early, if there is one; whoever runs it listens. */
export class Ending {
  private reason: Early | undefined;
  private readonly listeners: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly handlers = Object.entries(SIGNALS).map(
    ([signal, number]) => [signal as keyof typeof SIGNALS, () => this.now({ code: SIGNALLED + number })] as const,
  );

  get early(): Early | undefined {
    return this.reason;
  }

  /** Ends the run; only the first reason counts. */
  now(reason: Early): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    for (const listener of this.listeners) listener();
  }

  /** Calls `stop` once, as soon as there is a reason. */
  whenever(stop: () => void): void {
    if (this.reason === undefined) this.listeners.push(stop);
    else stop();
  }

  /** Ends the run on an interrupt, when the terminal goes, and when it is asked to stop. */
  onSignals(): void {
    for (const [signal, handler] of this.handlers) process.on(signal, handler);
  }

  /** Ends the run after so many seconds; one timer of Node.js reaches 25 days only. */
  after(seconds: number): void {
    const end = Date.now() + seconds * 1000;
    this.timer = setInterval(() => Date.now() >= end && this.now(tooLong(seconds)), 250);
  }

  /** Listens no longer. */
  over(): void {
    clearInterval(this.timer);
    for (const [signal, handler] of this.handlers) process.off(signal, handler);
  }
}

/** What a run comes to that did not end within its deadline. */
export function tooLong(seconds: number): Early {
  return { code: TOO_LONG, why: `did not end within its deadline of ${seconds} s and was ended` };
}
