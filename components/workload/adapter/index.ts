/** What only the writer of an adapter needs, and the language with it. Components may not import it. */

export * from "../chance.ts";
export * from "../index.ts";
export * from "./admission.ts";
export * from "./content.ts";
export * from "./failure.ts";
export * from "./fingerprint.ts";
export * from "./http-get.ts";
export * from "./image-builds.ts";
export * from "./lean-errors.ts";
export * from "./log-lines.ts";
export * from "./log-stream.ts";
export * from "./metrics-port.ts";
export * from "./names-in-use.ts";
export * from "./noun.ts";
export * from "./own-state.ts";
export * from "./place.ts";
export * from "./proof.ts";
export * from "./question.ts";
export * from "./refuse.ts";
export * from "./shell.ts";
export * from "./state-id.ts";
export * from "./state-workloads.ts";
export * from "./wait-for.ts";
