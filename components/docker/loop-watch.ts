import { type Lives, proofOf } from "../workload/adapter/index.ts";

/** What of a container shows whether it stays up, as the engine has it. */
export interface Run {
  readonly Created: string;
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
  /** How it lived before it was watched. */
  readonly lives: Lives;
  private readonly proof: number;
  private counted: { readonly from: number; readonly since: number; readonly code: number | undefined } | undefined;
  private started = { at: "", seen: 0 };
  /** Ends with the same exit code since it is watched. */
  ends = 0;

  /** @param first the container as it is first seen */
  constructor(first: Run) {
    this.lives = livesOf(first.Created, first.State.StartedAt, first.RestartCount);
    // What ends at once is held back, and seen to loop without this.
    this.proof = isHeldBack(first) ? 0 : proofOf(this.lives);
  }

  /** Whether it has ended often enough before, and not run for long enough since. */
  get isOnProbation(): boolean {
    return this.proof > 0 && Date.now() - this.since < this.proof;
  }

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

  /** When its present run began. The engine's clock may be another machine's. */
  private get since(): number {
    return Math.min(this.started.seen, Date.parse(this.started.at));
  }

  /** Whether it has just ended, so often by now that it will again. */
  loops({ State }: Run): boolean {
    // Of one that is known for it, one more end is enough.
    if (this.proof > 0 && this.ends > 0) return true;
    // While it runs, the engine does not know any more how it ended.
    return State.Restarting && this.ends >= ENDS && this.counted !== undefined && Date.now() - this.counted.since >= PATIENCE;
  }

  /** Whether it has never ended, or has run for long enough since. */
  isSteady({ RestartCount }: Run): boolean {
    return RestartCount === 0 || Date.now() - this.since >= GOOD;
  }
}

/** How a container has lived. The engine tells only when it was made and last started, and how often it has restarted it. */
export function livesOf(created: string, started: string, restarts: number): Lives {
  return { ends: restarts, life: restarts === 0 ? 0 : Math.max(0, Date.parse(started) - Date.parse(created)) / restarts };
}

/** Whether the engine waits ever longer before it starts again what has ended so often. */
export function isHeldBack({ RestartCount, State }: Run): boolean {
  return State.Restarting && RestartCount >= ENDS;
}
