import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

/** Renders a stack without a cluster, an engine or a password; returns what was said and the objects by file. */
function render(folder: string, ...args: string[]): { text: string; objects: Record<string, { kind: string; stringData?: object }> } {
  const env = { PATH: "/nowhere", DOCKER_HOST: "tcp://127.0.0.1:1", KUBECONFIG: "/nowhere/kubeconfig" };
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

test("a stack on Docker has nothing to render", () => {
  expect(render("rendered/dev").text).toContain('Stack "dev" runs on Docker, which has no manifests; name a stack on Kubernetes.');
});
