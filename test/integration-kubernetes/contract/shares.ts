import { PROMISED, type Promised } from "../../contract/promises.ts";

/** The contract's tests in files that run side by side, each with a stack of its own: on a cluster they mostly wait. */
export const SERVICES: readonly Promised[] = ["a service"];
export const JOBS: readonly Promised[] = ["a job", "a task"];
export const GANGS: readonly Promised[] = ["a gang"];
/** Whatever is in no other file, so that nothing can be forgotten. */
export const DEPLOYMENTS: readonly Promised[] = PROMISED.filter((one) => ![...SERVICES, ...JOBS, ...GANGS].includes(one));
