import type Docker from "dockerode";

import type { Engine } from "./engine.ts";
import { type Answered, answerOf, isSeenReady, lastAnswer } from "./trouble.ts";

type Container = Docker.ContainerInspectInfo;

/** The readiness check of a container: as the engine has seen it, else made at once, since the engine's next may be seconds away. */
export class ReadinessCheck {
  private readonly engine: Pick<Engine, "run">;
  private readonly container: string;
  private last: string | undefined;
  private hangs = false;

  constructor(engine: Pick<Engine, "run">, container: string) {
    this.engine = engine;
    this.container = container;
  }

  async passes({ State, Config }: Container): Promise<boolean> {
    if (State.Health?.Status === "healthy") return true;
    const [how, ...command] = Config.Healthcheck?.Test ?? [];
    if (how !== "CMD" || this.hangs) return false;
    const limit = (Config.Healthcheck?.Timeout ?? 0) / 1e6;
    try {
      const { exitCode, said } = await this.engine.run(this.container, command, limit);
      this.last = answerOf(exitCode, said);
      return exitCode === 0;
    } catch (error) {
      // Nothing ends a check that hangs: further ones are the engine's.
      this.hangs = error instanceof Error && error.name === "AbortError";
      return false;
    }
  }

  /** What the last check answered. */
  answer(seen: Container): string {
    return this.last ?? lastAnswer(seen);
  }
}

/**
 * Asks a container that runs and that the engine has not seen ready, so that it counts as ready as soon as it is for a deployment.
 * Undefined where there is nothing to ask, or where the engine's own last check hung: each further one would stay in the container.
 */
export async function askedNow(engine: Pick<Engine, "run">, seen: Container): Promise<Answered | undefined> {
  const { Running, Paused, Restarting, Health } = seen.State;
  if (!Running || Paused || Restarting || isSeenReady(seen) || Health?.Log?.at(-1)?.ExitCode === HUNG) return undefined;
  const check = new ReadinessCheck(engine, seen.Id);
  const isReady = await check.passes(seen);
  return { isReady, answer: check.answer(seen) };
}

/** The exit code that the engine notes for a check which it had to end. */
const HUNG = -1;
