import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";

import {
  type Duration,
  type End,
  LOG_LINES,
  livesText,
  proofRule,
  Refusal,
  serviceFailure,
  toMilliseconds,
} from "../workload/adapter/index.ts";
import { messageOf } from "./api.ts";
import { endOf, howItEnded } from "./ends.ts";
import type { Engine } from "./engine.ts";
import { type Members, refuseFailed } from "./given-up.ts";
import { isHeldBack, LoopWatch } from "./loop-watch.ts";
import { ReadinessCheck } from "./readiness.ts";
import { endedText, loopText, pausedText, unreadyText } from "./trouble.ts";

/** One replica of a service. */
export interface Replica {
  readonly service: string;
  /** Its own name within the stack, e.g. `api-0`. */
  readonly name: string;
  /** The container's name on the engine. */
  readonly container: string;
  readonly budget: Duration;
  /** The setting of its memory limit. */
  readonly memorySetting: string;
}

/**
 * What a deployment waits for. The program waits itself, once a container is registered, whether or not anything of it has
 * changed: a promise that is not kept fails this deployment and every other until its cause is fixed. The provider's own
 * wait is for new containers only, and explains nothing.
 */
export interface Waits {
  /** The replica is ready. Rejects with the cause in one sentence, what the readiness check answered, and the last log lines. */
  replica(replica: Replica): Promise<void>;
  /** No member has failed for good. Rejects with the last log lines of one that has. */
  gang(members: Members): Promise<void>;
}

/** Without an engine there is nothing to wait for. */
export const NO_WAITS: Waits = { replica: async () => {}, gang: async () => {} };

/** Milliseconds between two looks: a twentieth of the wait so far, so that no wait is much longer than what it waits for. */
const EVERY = { least: 150, most: 1000, share: 0.05 };

/** What it takes to wait. */
type Watched = Pick<Engine, "inspect" | "run" | "restart" | "lastLines">;

/** Waits for the containers of one engine. */
export class EngineWaits implements Waits {
  private readonly engine: Watched;

  constructor(engine: Watched) {
    this.engine = engine;
  }

  async replica(replica: Replica): Promise<void> {
    const begun = Date.now();
    const check = new ReadinessCheck(this.engine, replica.container);
    // What it ended of may be fixed by now: it gets its chance at once, and not when the engine's pause is over.
    const first = await this.look(replica);
    const watch = new LoopWatch(first);
    let said = false;
    if (isHeldBack(first)) await this.engine.restart(replica.container);
    for (;;) {
      const seen = await this.look(replica);
      const looked = Date.now();
      watch.note(seen);
      if (watch.loops(seen)) throw await this.loop(replica, seen, watch);
      const isReady = !seen.State.Restarting && watch.isSteady(seen) && (await check.passes(seen));
      if (isReady && !watch.isOnProbation) return;
      if (isReady && !said) void pulumi.log.warn(`${replica.name} ${livesText(watch.lives)}: ${proofRule(watch.lives)}`);
      said ||= isReady;
      const now = Date.now();
      if (!isReady && now - begun > toMilliseconds(replica.budget)) throw await this.late(replica, seen, check);
      // A check that takes long itself is not to take all of a processor, and no end of a container is to be overlooked.
      const pause = Math.max(EVERY.least, now - looked, watch.ends > 0 ? 0 : (now - begun) * EVERY.share);
      await new Promise((resolve) => setTimeout(resolve, Math.min(EVERY.most, pause)));
    }
  }

  gang(members: Members): Promise<void> {
    return refuseFailed(this.engine, members);
  }

  /** The container, which must be there and run, or be about to be started again. */
  private async look(replica: Replica): Promise<Docker.ContainerInspectInfo> {
    const seen = await this.engine.inspect(replica.container).catch((error: unknown) => {
      throw new Refusal(
        `service "${replica.service}" cannot be watched: the Docker engine does not answer (${messageOf(error)}); deploy again`,
      );
    });
    if (seen === undefined) throw new Refusal(`service "${replica.service}": container "${replica.container}" was removed; deploy again`);
    const { State } = seen;
    if (State.Paused) throw new Refusal(`service "${replica.service}": ${replica.name} ${pausedText(replica.container)}`);
    if (!State.Running && !State.Restarting)
      throw await this.failure(replica, `${replica.name} ${endedText(seen)}`, endOf(seen, replica.memorySetting));
    return seen;
  }

  private async loop(replica: Replica, seen: Docker.ContainerInspectInfo, { lives, ends }: LoopWatch): Promise<Refusal> {
    // Where it runs again, the engine does not know any more how it ended.
    const [how, end] = seen.State.Restarting ? [howItEnded(seen), endOf(seen, replica.memorySetting)] : ["ended", undefined];
    return this.failure(replica, `${replica.name} ${loopText(how, lives.ends + ends)}`, end);
  }

  private async late(replica: Replica, seen: Docker.ContainerInspectInfo, check: ReadinessCheck): Promise<Refusal> {
    const { name, budget } = replica;
    if (seen.State.Restarting)
      return this.failure(replica, `after ${budget} ${name} ${howItEnded(seen)}`, endOf(seen, replica.memorySetting));
    return this.failure(replica, `after ${budget} ${name} ${unreadyText(check.answer(seen))}`);
  }

  private async failure({ service, container }: Replica, why: string, end?: End): Promise<Refusal> {
    return new Refusal(serviceFailure(service, why, await this.engine.lastLines(container, LOG_LINES).catch(() => []), end));
  }
}
