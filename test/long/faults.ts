import type { Part, RunningPipeline } from "./pipeline.ts";

/** One thing that goes wrong. */
export interface Fault {
  readonly name: string;
  /** Seconds after the pipeline was whole again. */
  readonly after: number;
  readonly strike: (pipeline: RunningPipeline) => Promise<void>;
}

const kill = (part: Part) => ({ name: `${part} killed`, strike: (pipeline: RunningPipeline) => pipeline.kill(part) });

/** The kinds; a name that is there twice comes twice as often. */
const KINDS: readonly Omit<Fault, "after">[] = [
  kill("inference"),
  kill("stream"),
  kill("mlflow"),
  kill("inference"),
  kill("stream"),
  { name: "database locked for 20 s", strike: (pipeline) => pipeline.lock(20) },
  kill("inference"),
  kill("ui"),
  { name: "host paused for 8 s", strike: (pipeline) => pipeline.pause(8) },
  { name: "disk full for 30 s", strike: (pipeline) => pipeline.fill(30) },
];

/** Longest time that the pipeline is left alone between two faults, in seconds; longer than a turn of `inference`. */
const QUIET = 12;

/** Faults without end: every kind once in each round, in an order and at times that follow from the seed. */
export function* faults(seed: number): Generator<Fault> {
  const random = randomOf(seed);
  while (true) {
    const round = [...KINDS];
    while (round.length > 0) {
      const [kind] = round.splice(Math.floor(random() * round.length), 1);
      if (kind !== undefined) yield { ...kind, after: random() * QUIET };
    }
  }
}

/** Numbers from 0 to 1 that follow from a seed: Weyl's sequence, mixed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
