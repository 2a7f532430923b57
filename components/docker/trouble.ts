import type Docker from "dockerode";

import { livesText, oneLine, proofOf, proofRule } from "../workload/adapter/index.ts";
import { howItEnded } from "./ends.ts";
import { isHeldBack, livesOf } from "./loop-watch.ts";

type Container = Docker.ContainerInspectInfo;

// Ends of sentences that begin with a container's name: a deployment and `npm run status` say the same of the same trouble.

/** One that somebody has paused. @param container its name on the engine */
export function pausedText(container: string): string {
  return `is paused; run \`docker unpause ${container}\``;
}

/** One that has ended, and that the engine leaves so. */
export function endedText(seen: Container): string {
  return `${howItEnded(seen)}, and is not started again`;
}

/** One that ends whenever it is started. @param how it did last · @param times in all */
export function loopText(how: string, times: number): string {
  return `${how}, again and again (${times} times)`;
}

/** One that runs and does not pass its check. @param answer of that */
export function unreadyText(answer: string): string {
  return `runs, but its readiness check fails: ${answer}`;
}

/** What a container that serves answered to its readiness check. */
export interface Answered {
  readonly isReady: boolean;
  readonly answer: string;
}

/** Whether the engine has seen a container pass its readiness check, or it has none. */
export function isSeenReady({ State }: Container): boolean {
  return State.Health === undefined || State.Health.Status === "healthy" || State.Health.Status === "none";
}

/** What the engine's last check of a container answered. */
export function lastAnswer({ State }: Container): string {
  const seen = State.Health?.Log?.at(-1);
  return seen === undefined ? "it has not answered yet" : answerOf(seen.ExitCode, seen.Output);
}

/** What a readiness check answered. */
export function answerOf(exitCode: number, said: string): string {
  const text = oneLine(said);
  return text === "" ? `exit code ${exitCode}` : `exit code ${exitCode}, "${text.slice(0, 300)}"`;
}

/** A member of a gang that has failed as often as it may. */
export function givenUpText(seen: Container): string {
  return `${howItEnded(seen)} after ${seen.RestartCount} restarts, and is not started again`;
}

/**
 * Why a container that serves is not up, by what the engine knows of it; undefined where it is.
 *
 * @param answered what it said to its readiness check since, where it was asked
 */
export function troubleOf(seen: Container, now: number, answered?: Answered): string | undefined {
  const { State, RestartCount } = seen;
  const how = stopText(seen);
  if (how !== undefined) return how;
  const { isReady, answer } = answered ?? { isReady: isSeenReady(seen), answer: lastAnswer(seen) };
  if (!isReady) return unreadyText(answer);
  const lives = livesOf(seen.Created, State.StartedAt, RestartCount);
  return now - Date.parse(State.StartedAt) < proofOf(lives) ? `${livesText(lives)}: ${proofRule(lives)}` : undefined;
}

/** Why a container does not run; undefined where it does. */
export function stopText(seen: Container): string | undefined {
  const { State, RestartCount, Name } = seen;
  if (State.Paused) return pausedText(Name.replace(/^\//, ""));
  if (State.Restarting) return isHeldBack(seen) ? loopText(howItEnded(seen), RestartCount) : howItEnded(seen);
  if (!State.Running) return endedText(seen);
  return undefined;
}
