import { randomBytes } from "node:crypto";

import { noSecretShown } from "../report/live-secrets.ts";
import { freePort, TestStack } from "../support/stack.ts";

noSecretShown(async () => {
  // What ends at once, again and again, may leave a network to the engine (`TestStack.remove`), which the next run must not find.
  const stack = await TestStack.create(`secrets-${randomBytes(3).toString("hex")}`);
  const containers = () => stack.docker.listContainers({ all: true, filters: { label: [`dev.mlstack.stack=mlstack/${stack.name}`] } });
  return {
    kind: "docker",
    stack,
    port: await freePort(),
    platform: { prefix: stack.prefix },
    given: async () => JSON.stringify(await Promise.all((await containers()).map(({ Id }) => stack.docker.getContainer(Id).inspect()))),
    remove: () => stack.remove(),
  };
});
