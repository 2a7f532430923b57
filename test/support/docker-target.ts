import type { Target } from "../contract/target.ts";
import { TestStack } from "./stack.ts";

/** This machine's Docker engine, for the promises of the port. */
export async function dockerTarget(name: string): Promise<Target> {
  const stack = await TestStack.create(name, { main: "test/contract/program.ts" });
  const containers = async (workload: string) =>
    Object.entries(await stack.ids()).filter(([container]) => container === workload || new RegExp(`^${workload}-\\d+$`).test(container));
  const named = async (workload: string, index = 0) => {
    const [container] = (await containers(workload))[index] ?? [];
    if (container === undefined) throw new Error(`no ${workload} ${index}`);
    return container;
  };
  return {
    stack,
    platform: { docker: { prefix: stack.prefix } },
    runs: async (workload) => (await containers(workload)).map(([, id]) => id),
    started: async (workload) => {
      const label = [`dev.mlstack.stack=mlstack/${name}`, `dev.mlstack.workload=${workload}`];
      const found = await stack.docker.listContainers({ all: true, filters: { label } });
      return found.filter(({ State }) => State !== "created").map(({ Names }) => Names[0] ?? "");
    },
    log: async (workload, index) => stack.logs(await named(workload, index)),
    exec: async (workload, index, command) => stack.exec(await named(workload, index), command),
    objects: () => stack.leftovers(),
    async clear() {
      stack.forget();
      await stack.removeFromEngine();
    },
    remove: () => stack.remove(),
  };
}
