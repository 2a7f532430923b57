import { type CompleteProbe, nothingLeft, toMilliseconds, unreachable } from "../workload/index.ts";
import type { inputs } from "./provider.ts";

type Probe = inputs.core.v1.Probe;

/** The three probes of a replica. */
export interface Probes {
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

/** Seconds between two liveness checks, and how many must fail: a port that is dead for a minute. */
const LIVENESS = { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 };

/**
 * One question, three numbers: during the startup grace failures do not count; then they take the replica out of
 * service. Liveness asks less, only whether the port still accepts connections, since a restart mends no missing data.
 */
export function probesOf(probe: CompleteProbe, port: number): Probes {
  const { interval, timeout, failureThreshold, startupGrace, ...question } = probe;
  const asked = {
    ...questionOf(question),
    periodSeconds: seconds(toMilliseconds(interval)),
    timeoutSeconds: seconds(toMilliseconds(timeout)),
  };
  const grace = Math.ceil(toMilliseconds(startupGrace) / 1000 / asked.periodSeconds);
  return {
    // As on Docker, failures after the grace count up to the threshold.
    startupProbe: { ...asked, failureThreshold: grace + failureThreshold },
    readinessProbe: { ...asked, failureThreshold },
    livenessProbe: { tcpSocket: { port }, ...LIVENESS },
  };
}

/** Kubernetes knows whole seconds only, and at least one. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

type Cadence = "interval" | "timeout" | "failureThreshold" | "startupGrace";
type Question = CompleteProbe extends infer P ? (P extends unknown ? Omit<P, Cadence> : never) : never;

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
