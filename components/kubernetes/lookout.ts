import type { Diagnosis } from "./diagnosis.ts";
import type { Existing } from "./existing.ts";
import { type Hopeless, hopeless, newestOf } from "./hopeless.ts";
import { awaitsSandbox, Sandboxes } from "./sandbox.ts";

/** Milliseconds between two looks at the pods of a workload that has not come up. */
const PODS_EVERY = 2000;

/** Looks, for the length of one wait, for a pod of a workload that no time will bring up. */
export class Lookout {
  /** What was found. */
  lost: Hopeless | undefined;
  private readonly diagnosis: Diagnosis;
  private readonly selector: string;
  private readonly memorySetting: string;
  private readonly sandboxes = new Sandboxes();
  private asked = Date.now();

  /** @param memorySetting that gives the pods' memory limit */
  constructor(diagnosis: Diagnosis, selector: string, memorySetting: string) {
    this.diagnosis = diagnosis;
    this.selector = selector;
    this.memorySetting = memorySetting;
  }

  /** Whether there is none; it looks no more often than that is worth. @param workload whose pods they are, as it is now */
  async hopes(workload: Existing): Promise<boolean> {
    if (Date.now() - this.asked < PODS_EVERY) return true;
    const pods = newestOf(await this.diagnosis.pods(this.selector), workload);
    const waiting = pods.filter(awaitsSandbox);
    this.lost = hopeless(pods, this.memorySetting);
    if (this.lost === undefined && waiting.length > 0)
      this.lost = this.sandboxes.lost(waiting, await this.diagnosis.sandboxFailures().catch(() => []));
    this.asked = Date.now();
    return this.lost === undefined;
  }
}
