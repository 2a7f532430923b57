import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { type Given, operatorObjects } from "../../components/monitoring/operator.ts";
import { PARTS, watched } from "../support/monitored.ts";
import { selectorsIn } from "./metrics.ts";

const given: Given = {
  stack: "fraud.prod",
  stackName: "prod",
  parts: PARTS,
  podsOf: (part) => ({ namespace: "fraud-prod", labels: { "mlstack.dev/stack": "fraud.prod", "mlstack.dev/workload": part } }),
  settings: watched().settings,
  labels: { release: "kube-prometheus-stack" },
  from: "observability",
};

const anObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()).optional() }),
});
const objects = operatorObjects(given).map((one) => anObject.parse(one));
const named = (kind: string) => objects.filter((one) => one.kind === kind);

describe("what a cluster's own Prometheus and Grafana are given", () => {
  test.each([...named("PodMonitor"), ...named("PrometheusRule")].map((one) => [one.kind, one.metadata.name, one] as const))(
    "%s %s is valid by the schema of its kind",
    (kind, _, object) => {
      const Kind = kind === "PodMonitor" ? PodMonitor : PrometheusRule;
      // What it gets is what is to be judged, so it is not of its type.
      const made: { validate(): void } = Reflect.construct(Kind, [object]);
      made.validate();
      expect(JSON.parse(JSON.stringify(made))).toEqual(object);
    },
  );

  test("a schema refuses what no operator takes", () =>
    expect(() =>
      Reflect.construct(PodMonitor, [{ metadata: { name: "x" }, spec: { selector: {}, podMetricsEndpoints: "all" } }]).validate(),
    ).toThrow());

  test("each part with metrics of its own is read at its port, and whoever reads is let in to that port alone", () => {
    const read = named("PodMonitor").map((one) => [one.metadata.name, JSON.stringify(one).match(/\$1:(\d+)/)?.[1]]);
    expect(read).toEqual([
      ["api", "8000"],
      ["solo", "8000"],
      ["gateway", "8405"],
      ["edge", "8405"],
      ["stream", "8000"],
      ["trainer", "9400"],
    ]);
    const policy = z.object({
      spec: z.object({
        podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
        ingress: z.array(z.object({ from: z.array(z.unknown()), ports: z.array(z.object({ port: z.int() })) })),
      }),
    });
    const let_in = named("NetworkPolicy").map((one) => policy.parse(one).spec);
    expect(
      let_in.map(({ podSelector, ingress }) => [podSelector.matchLabels["mlstack.dev/workload"], String(ingress[0]?.ports[0]?.port)]),
    ).toEqual(read);
    expect(new Set(let_in.map(({ ingress }) => JSON.stringify(ingress[0]?.from)))).toEqual(
      new Set(['[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"observability"}}}]']),
    );
  });

  test("the operator's labels are on all that it selects, and Grafana's on the dashboards", () => {
    for (const kind of ["PodMonitor", "PrometheusRule", "ConfigMap"])
      expect(named(kind).every(({ metadata }) => metadata.labels?.["release"] === "kube-prometheus-stack")).toBe(true);
    expect(named("ConfigMap").every(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1")).toBe(true);
    expect(named("ConfigMap").length).toBeGreaterThan(5);
  });

  test("rules and dashboards read only this stack's series, and only those that are read there", () => {
    const rules = z.object({ spec: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ expr: z.string() })) })) }) });
    const exprs = named("PrometheusRule").flatMap((one) =>
      rules.parse(one).spec.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    );
    const dashboards = named("ConfigMap").flatMap((one) =>
      Object.values(z.object({ data: z.record(z.string(), z.string()) }).parse(one).data),
    );
    const shown = dashboards.flatMap((text) =>
      [...text.matchAll(/"expr":("(?:[^"\\]|\\.)*")/g)].map(([, expr = '""']) => z.string().parse(JSON.parse(expr))),
    );
    expect(shown.length).toBeGreaterThan(40);
    const selectors = [...exprs, ...shown].flatMap(selectorsIn);
    expect(selectors.filter((one) => !one.includes('stack="fraud.prod"'))).toEqual([]);
    expect(selectors.filter((one) => /^(redis_|probe_|node_|vm)/.test(one))).toEqual([]);
  });

  test("names are those of objects", () => {
    expect(objects.filter(({ metadata }) => !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(metadata.name))).toEqual([]);
    expect(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(objects.length);
  });

  test("a stack without such parts gives nothing", () =>
    expect(operatorObjects({ ...given, parts: PARTS.filter(({ kind }) => kind === "redis") })).toEqual([]));
});
