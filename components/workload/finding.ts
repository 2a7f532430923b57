/** What a look at a target before a deployment came to: one fact, and what to do about it. */
export interface Finding {
  /** What was looked at, e.g. `disk`. */
  readonly subject: string;
  /** `wrong` would fail a deployment; `remark` may; `unknown` could not be looked at, e.g. for lack of a right. */
  readonly state: "right" | "wrong" | "remark" | "unknown";
  readonly text: string;
  /** The next command or setting; absent where nothing is to be done. */
  readonly remedy?: string;
}
