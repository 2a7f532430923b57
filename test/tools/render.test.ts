import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";

import { COMPILED } from "../support/tools.ts";

/** Renders a stack without a cluster, an engine or a password; returns what was said and the objects by file. */
function render(folder: string, ...args: string[]): { text: string; objects: Record<string, { kind: string; stringData?: object }> } {
  const env = { ...COMPILED, PATH: "/nowhere", DOCKER_HOST: "tcp://127.0.0.1:1", KUBECONFIG: "/nowhere/kubeconfig" };
  const { stdout, stderr } = spawnSync(process.execPath, ["tools/cli.ts", "render", ...args], { encoding: "utf8", env });
  const files = `${stderr}` === "" ? readdirSync(folder) : [];
  return {
    text: `${stdout}${stderr}`,
    objects: Object.fromEntries(files.map((file) => [file, parse(readFileSync(join(folder, file), "utf8"))])),
  };
}

test("a stack is rendered into one file an object", () => {
  const { text, objects } = render("rendered/prod", "-s", "prod");
  expect(text).toBe(`${Object.keys(objects).length} objects in rendered/prod\n`);
  expect(objects["deployment-api.yaml"]).toMatchObject({ kind: "Deployment", apiVersion: "apps/v1", spec: { replicas: 4 } });
});

test("secrets that an example needs are rendered as a mask, without being known", () => {
  const folder = "rendered/image-classifier/kubernetes";
  const { objects } = render(folder, "image-classifier", "-s", "kubernetes");
  expect(objects["secret-api-gateway-edge.yaml"]?.stringData).toEqual({ GATEWAY_KEYS: "(secret)", GATEWAY_TLS: "(secret)" });
  expect(readdirSync(folder).filter((file) => readFileSync(join(folder, file), "utf8").includes("do-not-show"))).toEqual([]);
});

test("what the cluster's own Prometheus reads is rendered beside it, for pods that exist", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-render-"));
  const settings = {
    "mlstack:platform": {
      kind: "kubernetes",
      registry: { address: "r.example:5000" },
      prometheus: { namespace: "observability", labels: { release: "kps" } },
    },
    "mlstack:features": { api: { replicas: 2 } },
    "mlstack:training": { nodes: 2 },
  };
  writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name: "fraud", runtime: "nodejs" }));
  writeFileSync(join(folder, "Pulumi.live.yaml"), stringify({ config: settings }));
  const { text, objects } = render("rendered/fraud/live/prometheus", "--cwd", folder, "-s", "live");
  rmSync(folder, { recursive: true });
  expect(text).toContain(
    `${Object.keys(objects).length} objects for the cluster's own Prometheus in rendered/fraud/live/prometheus: kubectl apply -f rendered/fraud/live/prometheus`,
  );
  expect(Object.keys(objects).filter((file) => file.startsWith("podmonitor-"))).toEqual([
    "podmonitor-api.yaml",
    "podmonitor-gateway.yaml",
    "podmonitor-trainer.yaml",
  ]);
  expect(objects["podmonitor-api.yaml"]).toMatchObject({
    metadata: { namespace: "fraud-live", labels: { release: "kps" } },
    spec: { selector: { matchLabels: { "mlstack.dev/stack": "fraud.live", "mlstack.dev/workload": "api" } } },
  });
  expect(objects["prometheusrule-mlstack-fraud-live.yaml"]).toMatchObject({ metadata: { labels: { release: "kps" } } });
  expect(Object.keys(objects)).toContain("configmap-mlstack-fraud-live-training.yaml");
});

test("a stack on Docker has nothing to render", () => {
  expect(render("rendered/dev").text).toContain('Stack "dev" runs on Docker, which has no manifests; name a stack on Kubernetes.');
});
