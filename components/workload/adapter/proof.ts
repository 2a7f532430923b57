/** What is known of how long a container lives. */
export interface Lives {
  /** Times that it has ended by itself and was started again. */
  readonly ends: number;
  /** Milliseconds that it usually runs until it ends. */
  readonly life: number;
}

/** So many ends are no accident any more … */
const ENDS = 3;
/** … where it usually lives no longer than so many milliseconds: who ends twice a year is well. */
const LONGEST_LIFE = 10 * 60_000;
/** Milliseconds that a deployment waits at most for what may end again. */
const LONGEST_PROOF = 2 * 60_000;

/**
 * Milliseconds that a container must have run for before it counts as up: readiness says nothing of one that becomes ready and
 * ends, again and again. Zero for one that does not; else twice its usual life, within bounds.
 */
export function proofOf({ ends, life }: Lives): number {
  return ends < ENDS || life > LONGEST_LIFE ? 0 : Math.min(LONGEST_PROOF, 2 * life);
}

/** What is said of one that has not run for long enough, as the end of a sentence. */
export function livesText({ ends, life }: Lives): string {
  return `has ended ${ends} times, each time after about ${spanText(life)}`;
}

/** What a deployment waits for then, as a sentence. */
export function proofRule(lives: Lives): string {
  return `it counts as up when it has run for ${spanText(proofOf(lives))}, and a deployment fails when it ends again before`;
}

function spanText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}
