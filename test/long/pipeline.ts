/** What the kill runs need of a wind-power pipeline that runs somewhere. */
export interface RunningPipeline {
  /** Ends a part at once, as a lack of memory would; whatever runs it is to start it again. */
  kill(part: Part): Promise<void>;
  /** What is not well: a part that does not say so, or that no row which was written since then has its prediction; empty when all is. */
  ills(since: number): Promise<readonly string[]>;
  /** Holds the database's lock for writers; resolves when it is given back. */
  lock(seconds: number): Promise<void>;
  /** Lets the database's disk be full; resolves when there is room again. */
  fill(seconds: number): Promise<void>;
  /** Holds every process of every part; resolves when they run again. */
  pause(seconds: number): Promise<void>;
  /** What is in the tables now. */
  look(): Promise<Tables>;
  /** What the page shows now: the time of the newest row that has a prediction, as text; undefined while it does not answer. */
  page(): Promise<string | undefined>;
  /** Takes everything away. */
  remove(): Promise<void>;
}

export type Part = "inference" | "stream" | "mlflow" | "ui";

/** The live rows in the order of time, with their predictions. */
export interface Tables {
  readonly rows: readonly Row[];
  /** Rows that are not what the generator gives for their number. */
  readonly wrong: number;
  /** Predictions of no row. */
  readonly strange: number;
  /** Rows of any kind without a prediction. */
  readonly unpredicted: number;
}

export interface Row {
  /** 0 for the first live row. */
  readonly number: number;
  /** As the page writes it. */
  readonly title: string;
  /** Seconds since 1970. */
  readonly writtenAt: number;
  readonly predictedAt: number | null;
}
