import { noSecretShown } from "../report/live-secrets.ts";
import { freePort, TestStack } from "../support/stack.ts";

noSecretShown(async () => {
  const stack = await TestStack.create("secrets");
  const containers = () => stack.docker.listContainers({ all: true, filters: { label: ["dev.mlstack.stack=mlstack/secrets"] } });
  return {
    kind: "docker",
    stack,
    port: await freePort(),
    platform: { prefix: stack.prefix },
    given: async () => JSON.stringify(await Promise.all((await containers()).map(({ Id }) => stack.docker.getContainer(Id).inspect()))),
    remove: () => stack.remove(),
  };
});
