import { type CompleteProbe, type Hang, nothingLeft, type Question, toMilliseconds, unreachable } from "../workload/adapter/index.ts";
import type { inputs } from "./provider.ts";

type Probe = inputs.core.v1.Probe;

/** The three probes of a replica. */
export interface Probes {
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

/** A replica whose port accepts no connection for a minute is started again. */
const LIVENESS = { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 };
/** Seconds between two looks at a port that does not listen yet, and the longest that each takes. */
const STARTUP_PERIOD = 1;

/**
 * Readiness is the given probe; a replica that fails it gets no requests. Startup and liveness only check that the port
 * accepts connections, because a restart brings no missing data back: a replica that does not listen after its startup
 * grace, or no longer listens, is started again; with `hang` also one that does not answer for so long that it is alive.
 */
export function probesOf(probe: CompleteProbe, port: number, hang?: Hang): Probes {
  const { interval, startInterval = interval, timeout, failureThreshold, startupGrace, ...question } = probe;
  const period = Math.min(toMilliseconds(interval), toMilliseconds(startInterval));
  const cadence = { periodSeconds: seconds(period), timeoutSeconds: seconds(toMilliseconds(timeout)) };
  const listens = { tcpSocket: { port } };
  // As on Docker, failures after the grace count up to the threshold.
  const grace = seconds(toMilliseconds(startupGrace)) + failureThreshold * cadence.periodSeconds;
  return {
    startupProbe: { ...listens, periodSeconds: STARTUP_PERIOD, timeoutSeconds: STARTUP_PERIOD, failureThreshold: grace },
    readinessProbe: { ...questionOf(question), ...cadence, failureThreshold },
    livenessProbe: hang === undefined ? { ...listens, ...LIVENESS } : livenessOf(hang, question, cadence),
  };
}

/** Looks for a hang no more often than it needs to, since a check may start programs. */
function livenessOf({ alive, restartAfter }: Hang, question: Question, cadence: { periodSeconds: number; timeoutSeconds: number }): Probe {
  const limit = seconds(toMilliseconds(restartAfter));
  const { periodSeconds, failureThreshold } = LIVENESS;
  const period = Math.max(cadence.periodSeconds, Math.min(periodSeconds, Math.floor(limit / failureThreshold)));
  return { ...questionOf(alive ?? question), ...cadence, periodSeconds: period, failureThreshold: Math.ceil(limit / period) };
}

/** Kubernetes knows whole seconds only, and at least one. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

function questionOf(question: Question): Probe {
  switch (question.kind) {
    case "http": {
      const { kind: _, port, path, ...rest } = question;
      nothingLeft(rest);
      return { httpGet: { port, path } };
    }
    case "tcp": {
      const { kind: _, port, ...rest } = question;
      nothingLeft(rest);
      return { tcpSocket: { port } };
    }
    case "exec": {
      const { kind: _, command, ...rest } = question;
      nothingLeft(rest);
      return { exec: { command } };
    }
    default:
      return unreachable(question);
  }
}
