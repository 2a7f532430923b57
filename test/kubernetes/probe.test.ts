import { describe, expect, test } from "vitest";

import { probesOf } from "../../components/kubernetes/probe.ts";
import { execProbe, httpProbe, type Probe, probe, tcpProbe } from "../../components/workload/index.ts";

const probes = (given: Probe, port = 8000) => probesOf(probe.parse(given), port);

test.each([
  ["an HTTP request", httpProbe(8405, "/ready"), { httpGet: { port: 8405, path: "/ready" } }],
  ["a connection", tcpProbe(6379), { tcpSocket: { port: 6379 } }],
  ["a command, as it is", execProbe(["check", "$HOME"]), { exec: { command: ["check", "$HOME"] } }],
])("readiness is the question asked: %s", (_, given, question) => {
  expect(probes(given).readinessProbe).toEqual({ ...question, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 });
});

test.each([httpProbe(8405, "/ready"), tcpProbe(6379), execProbe(["check"])])(
  "startup and liveness ask only whether the service's own port listens, whatever readiness asks ($kind)",
  (given) => {
    const { startupProbe, livenessProbe } = probes(given, 8000);
    expect(startupProbe).toEqual({ tcpSocket: { port: 8000 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 45 });
    expect(livenessProbe).toEqual({ tcpSocket: { port: 8000 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 });
  },
);

test("with a time for it, what is not ready for so long is started again", () => {
  const hanging = { alive: undefined, restartAfter: "45s" } as const;
  const { startupProbe, readinessProbe, livenessProbe } = probesOf(probe.parse(httpProbe(80, "/", { interval: "2s" })), 80, hanging);
  expect(livenessProbe).toEqual({ ...readinessProbe, periodSeconds: 7, failureThreshold: 7 });
  expect(startupProbe).toMatchObject({ tcpSocket: { port: 80 } });
});

test("with a question for it, what does not answer that for so long is started again, ready or not", () => {
  const alive = { kind: "http", port: 80, path: "/health" } as const;
  const { livenessProbe } = probesOf(probe.parse(execProbe(["check"], { interval: "2s" })), 80, { alive, restartAfter: "2m" });
  expect(livenessProbe).toEqual({ httpGet: { port: 80, path: "/health" }, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 12 });
});

describe("times", () => {
  const times = ({ readinessProbe, startupProbe }: ReturnType<typeof probes>) => [
    readinessProbe.periodSeconds,
    readinessProbe.timeoutSeconds,
    startupProbe.failureThreshold,
  ];

  test.each([
    ["are whole seconds, rounded up", { interval: "1500ms", timeout: "2100ms", startupGrace: "9001ms", failureThreshold: 1 }, [2, 3, 12]],
    ["are at least one second", { interval: "10ms", timeout: "0s", startupGrace: "0s", failureThreshold: 1 }, [1, 1, 2]],
    ["are those of the start, if they are shorter", { startInterval: "2s", failureThreshold: 1, startupGrace: "1s" }, [2, 3, 3]],
    ["are never longer for the start", { interval: "2s", startInterval: "9s", failureThreshold: 1, startupGrace: "1s" }, [2, 3, 3]],
    ["may be minutes", { interval: "1m", timeout: "1m", startupGrace: "2m", failureThreshold: 2 }, [60, 60, 240]],
    ["of failures after the grace count up to the threshold", { interval: "2s", failureThreshold: 10, startupGrace: "5s" }, [2, 3, 25]],
  ] as const)("%s", (_, cadence, expected) => expect(times(probes(httpProbe(80, "/", cadence)))).toEqual(expected));

  test("failures are counted as asked", () =>
    expect(probes(tcpProbe(80, { failureThreshold: 7 })).readinessProbe.failureThreshold).toBe(7));
});
