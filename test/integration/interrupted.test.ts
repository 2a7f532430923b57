import { join } from "node:path";

import { Gate } from "../interrupted/gate.ts";
import { type Interrupted, killRuns } from "../interrupted/runs.ts";
import { dockerTarget } from "../support/docker-target.ts";

const KINDS = ["container:Container", "network:Network", "volume:Volume"];

killRuns(5, async (): Promise<Interrupted> => {
  const target = await dockerTarget("kills");
  const socket = join(target.stack.home, "engine.sock");
  return {
    ...target,
    gate: new Gate(socket, { path: "/var/run/docker.sock" }),
    variables: { DOCKER_HOST: `unix://${socket}` },
    labelled: async () => (await target.objects()).map((name) => name.replace(`${target.stack.prefix}-`, "")).sort(),
    recorded: (state) =>
      state.flatMap(({ type, outputs }) =>
        KINDS.some((kind) => type === `docker:index/${kind}`) ? [String(outputs?.["name"]).replace(`${target.stack.prefix}-`, "")] : [],
      ),
  };
});
