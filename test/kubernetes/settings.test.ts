import { describe, expect, test } from "vitest";

import { kubernetesSettings } from "../../components/kubernetes/settings.ts";
import { messages } from "../support/messages.ts";

test("every setting has a default", () => {
  expect(kubernetesSettings.parse({})).toEqual({
    namespace: { join: false, keep: false },
    storageClasses: {},
    pullSecrets: [],
    pinnedImages: true,
    disruptionBudget: { maxUnavailable: 1 },
    expose: { kind: "node-port", ports: "30000-32767" },
    clusterDomain: "cluster.local",
    accelerators: { labels: "nvidia", resource: "nvidia.com/gpu" },
    scheduling: { kind: "default" },
    production: false,
  });
});

describe("settings refuse", () => {
  test.each([
    [
      { namespace: { name: "My_Space" } },
      'namespace.name: must be lower-case letters, digits and inner hyphens, first a letter, got "My_Space"',
    ],
    [{ namespace: { keeps: true } }, 'namespace: unknown key "keeps"; did you mean "keep"?'],
    [
      { registry: { address: "https://r.example.com" } },
      'registry.address: must be host[:port][/path] without https://, got "https://r.example.com"',
    ],
    [{ registry: { address: "R.example.com" } }, 'registry.address: must be host[:port][/path] without https://, got "R.example.com"'],
    [{ expose: { kind: "ingress" } }, "expose.kind: must be { kind: node-port }, { kind: load-balancer } or { kind: none }"],
    [{ expose: { kind: "none", annotations: {} } }, 'expose: unknown key "annotations"; known are kind'],
    [{ scheduling: { kind: "kueue" } }, "scheduling.queue: is required (a string)"],
    [{ scheduling: { kind: "volcano" } }, "scheduling.kind: must be { kind: default }, { kind: kueue, queue } or { kind: native }"],
    [{ disruptionBudget: { maxUnavailable: 0 } }, "disruptionBudget.maxUnavailable: must be at least 1, got 0"],
    [{ pullSecrets: ["A b"] }, 'pullSecrets[0]: must be lower-case letters, digits and inner hyphens, first a letter, got "A b"'],
    [{ context: "" }, "context: must not be empty"],
  ])("%j", (given, message) => expect(messages(kubernetesSettings, given)).toEqual([message]));
});

test.each(["localhost:5000", "registry.example.com/team", "ghcr.io/a/b_c.d-e", "10.0.0.1:5000/x"])("a registry may be at %s", (address) => {
  expect(messages(kubernetesSettings, { registry: { address } })).toEqual([]);
});
