/** What of a container shows whether it stays up, as the engine has it. */
export interface Run {
  readonly RestartCount: number;
  readonly State: { readonly Restarting: boolean; readonly ExitCode: number; readonly StartedAt: string };
}

/** So many ends with one exit code are no accident any more … */
const ENDS = 3;
/** … once the first of them is so many milliseconds ago: what a container needs may be a moment late. */
const PATIENCE = 5_000;
/** Milliseconds after which the engine takes a start for a good one, and forgets the ends before it. */
const GOOD = 10_000;

/** Sees whether a container ends again and again, each time started again by the engine. */
export class LoopWatch {
  private counted: { readonly from: number; readonly since: number; readonly code: number | undefined } | undefined;
  private started = { at: "", seen: 0 };
  /** Ends with the same exit code since it is watched. */
  ends = 0;

  /** Takes notice of the container, seen just now. */
  note({ RestartCount, State }: Run): void {
    if (this.counted === undefined || RestartCount <= this.counted.from) {
      this.counted = { from: RestartCount, since: Date.now(), code: undefined };
    }
    if (State.Restarting && State.ExitCode !== this.counted.code) {
      // Ends of another kind before it say nothing about this one.
      const from = this.counted.code === undefined ? this.counted.from : RestartCount - 1;
      this.counted = { ...this.counted, from, code: State.ExitCode };
    }
    this.ends = RestartCount - this.counted.from;
    if (State.StartedAt !== this.started.at) this.started = { at: State.StartedAt, seen: Date.now() };
  }

  /** Whether it has just ended, so often by now that it will again. */
  loops({ State }: Run): boolean {
    // While it runs, the engine does not know any more how it ended.
    return State.Restarting && this.ends >= ENDS && this.counted !== undefined && Date.now() - this.counted.since >= PATIENCE;
  }

  /** Whether it has never ended, or has run for long enough since. */
  isSteady({ RestartCount, State }: Run): boolean {
    // The engine's clock may be another machine's.
    return RestartCount === 0 || Date.now() - Math.min(this.started.seen, Date.parse(State.StartedAt)) >= GOOD;
  }
}

/** Whether the engine waits ever longer before it starts again what has ended so often. */
export function isHeldBack({ RestartCount, State }: Run): boolean {
  return State.Restarting && RestartCount >= ENDS;
}
