import { describe, expect, test } from "vitest";

import { examinePrometheus, judged, type PrometheusView, unmet } from "../../components/kubernetes/prometheus.ts";

const ours = {
  namespace: "fraud-prod",
  namespaceLabels: { "kubernetes.io/metadata.name": "fraud-prod", team: "risk" },
  labels: { release: "metrics" },
  from: "observability",
};

/** A Prometheus that selects both kinds by the same, in namespaces by the same. */
function aPrometheus(selector?: object | null, namespaces: object | null | undefined = {}, namespace = "observability"): PrometheusView {
  return {
    metadata: { name: "k8s", namespace },
    spec: {
      ...(selector === undefined ? {} : { podMonitorSelector: selector, ruleSelector: selector }),
      ...(namespaces === undefined ? {} : { podMonitorNamespaceSelector: namespaces, ruleNamespaceSelector: namespaces }),
    },
  };
}

const said = (...all: PrometheusView[]) =>
  judged(all, ours).map(({ state, text, remedy }) => [state, text, ...(remedy === undefined ? [] : [remedy])]);
const RIGHT = [["right", "observability/k8s would read the stack and its rules"]];

describe("whether a Prometheus of the cluster reads a stack", () => {
  test("an empty selector selects all", () => expect(said(aPrometheus({}))).toEqual(RIGHT));

  test("none selects nothing", () =>
    expect(said(aPrometheus())).toEqual([
      [
        "wrong",
        "observability/k8s would not read the stack: it has no podMonitorSelector, which selects no PodMonitor; it has no ruleSelector, which selects no PrometheusRule",
        "give it a podMonitorSelector; {} selects all; give it a ruleSelector; {} selects all",
      ],
    ]));

  test("labels that are set are selected; another one is named, with the setting", () => {
    expect(said(aPrometheus({ matchLabels: { release: "metrics" } }))).toEqual(RIGHT);
    expect(said(aPrometheus({ matchLabels: { release: "kube-prometheus-stack" } }))).toEqual([
      [
        "wrong",
        "observability/k8s would not read the stack: it selects a PodMonitor by release is kube-prometheus-stack; it selects a PrometheusRule by release is kube-prometheus-stack",
        "set mlstack:platform.prometheus.labels so that release is kube-prometheus-stack",
      ],
    ]);
  });

  test.each([
    [{ key: "release", operator: "In", values: ["a", "metrics"] }, undefined],
    [{ key: "release", operator: "In", values: ["a", "b"] }, "release is a or b"],
    [{ key: "release", operator: "NotIn", values: ["metrics"] }, "release is not metrics"],
    [{ key: "release", operator: "NotIn", values: ["a"] }, undefined],
    [{ key: "team", operator: "Exists" }, "team is there"],
    [{ key: "release", operator: "Exists" }, undefined],
    [{ key: "release", operator: "DoesNotExist" }, "release is not there"],
    [{ key: "team", operator: "DoesNotExist" }, undefined],
  ])("expression %o", (expression, wanted) =>
    expect(unmet({ matchExpressions: [expression] }, ours.labels)).toEqual(wanted === undefined ? [] : [wanted]),
  );

  test("namespaces are selected by their labels; without a selector it reads its own alone", () => {
    expect(said(aPrometheus({}, { matchLabels: { team: "risk" } }))).toEqual(RIGHT);
    expect(said(aPrometheus({}, { matchLabels: { metrics: "on" } }))[0]?.[2]).toBe("label namespace fraud-prod so that metrics is on");
    expect(said({ ...aPrometheus({}, null) })[0]?.[1]).toContain("it reads each PodMonitor of its own namespace observability alone");
  });

  test("one that reads is enough", () => expect(said(aPrometheus(null), aPrometheus({}))).toEqual(RIGHT));

  test("it must run where the stack lets it in from", () =>
    expect(said(aPrometheus({}, {}, "elsewhere"))).toEqual([
      [
        "wrong",
        "elsewhere/k8s would not read the stack: it runs in namespace elsewhere, and observability is let in",
        "set mlstack:platform.prometheus.namespace to elsewhere",
      ],
    ]));

  test("no Prometheus object, and no operator", async () => {
    expect(said()).toEqual([
      [
        "remark",
        "the cluster has prometheus-operator, but no Prometheus object: nothing would read the stack",
        "create one, in the namespace that mlstack:platform.prometheus.namespace names",
      ],
    ]);
    const without = { find: async () => undefined };
    const [finding] = await examinePrometheus(without, "fraud-prod", { labels: {}, namespace: "observability" });
    expect(finding?.state).toBe("remark");
    expect(finding?.text).toContain("no prometheus-operator");
  });

  test("what is read of the cluster", async () => {
    const answers: Readonly<Record<string, unknown>> = {
      "/apis/monitoring.coreos.com/v1/prometheuses": {
        items: [aPrometheus({}, { matchLabels: { "kubernetes.io/metadata.name": "fraud-prod" } })],
      },
    };
    const cluster = { find: async <T>(path: string) => answers[path] as T | undefined };
    expect(await examinePrometheus(cluster, "fraud-prod", { labels: {}, namespace: "observability" })).toEqual([
      { subject: "Prometheus", state: "right", text: "observability/k8s would read the stack and its rules" },
    ]);
  });
});
