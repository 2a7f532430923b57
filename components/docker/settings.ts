import { z } from "zod";

import * as w from "../workload/adapter/index.ts";
import { logSettings } from "./logs.ts";
import { network } from "./network.ts";

/** Settings of a stack on Docker. The engine is the one that the `docker` command means: `DOCKER_HOST`, a context, or the local one. */
export type DockerSettings = z.input<typeof dockerSettings>;

export const dockerSettings = w.strict({
  /** Begins every name on the engine. Default: `<project>-<stack>`. Volumes keep the name that they were created with. */
  prefix: w.dnsLabel.optional().describe("Begins every name on the engine; default: <project>-<stack>."),
  network: network.prefault({}).describe("The stack's private network."),
  logs: logSettings.prefault({}).describe("Where the engine sends what containers write, besides keeping it for `npm run logs`."),
  /** Whether customers rely on the stack. Then no service may have a `debug` port. */
  production: w.protects(
    z.boolean().default(false).describe("Whether customers rely on the stack: then no service may have a debug port."),
    "the rules of production",
  ),
});
