import { randomInt } from "node:crypto";

import { noSecretShown } from "../report/live-secrets.ts";
import { Kube } from "../support/kube.ts";
import { TestStack } from "../support/stack.ts";

noSecretShown(async () => {
  const kube = new Kube();
  await kube.load(process.env["MLSTACK_BASE_IMAGE"] ?? "");
  const stack = await TestStack.create("secrets");
  const namespace = "it-secrets";
  return {
    kind: "kubernetes",
    stack,
    // Which no other test publishes at.
    port: randomInt(31_000, 32_000),
    registry: `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack`,
    platform: { namespace: { name: namespace, keep: true }, pinnedImages: false },
    given: async () => JSON.stringify(await kube.core.listNamespacedSecret({ namespace })),
    async remove() {
      await stack.remove();
      await kube.removeNamespace(namespace);
      await kube.recycleVolumes();
    },
  };
}, false);
