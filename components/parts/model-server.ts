import { z } from "zod";

import * as w from "../workload/index.ts";
import { DEFAULT_SCRATCH, requireMemory } from "./memory.ts";
import { ownVolume } from "./own-volumes.ts";

/** Port of every server and gateway, unless a setting says otherwise. */
export const SERVING_PORT = 8000;
/** Variables that name the model, its registry and its features: the component sets them. */
const RESERVED = [
  "MODEL_NAME",
  "MODEL_VERSION",
  "MODEL_SHA256",
  "MLFLOW_TRACKING_URI",
  "MLFLOW_TRACKING_USERNAME",
  "MLFLOW_TRACKING_PASSWORD",
  "FEAST_REGISTRY_URI",
  "FEAST_FEATURE_SERVICE",
  "FEAST_ONLINE_ENABLED",
  "FEAST_DATA",
  "REDIS_HOST",
  "REDIS_PORT",
  "REDIS_PASSWORD",
];

export const program = z.array(z.string()).min(1, "must name the program to run");

/** What a stack file may say of the program that answers requests. */
export const modelServerSettings = w.withRule(
  w.strict({
    command: program.optional().describe("Program and leading arguments; default: the image's entrypoint."),
    port: w.port.default(SERVING_PORT).describe("Port of every replica."),
    readyPath: w.containerPath.default("/ready").describe("Path that answers 200 when a replica may receive traffic."),
    alivePath: w.containerPath
      .optional()
      .describe(
        "Path that answers 200 while a replica does not hang, ready or not: one that has not for loadGrace and two minutes is started again. Default: /health with an image of workloads/, else none.",
      ),
    metrics: z
      .boolean()
      .optional()
      .describe(
        "Whether its port answers GET /metrics with the numbers of docs/metrics.md, for monitoring, which else asks readyPath. Default: with an image of workloads/.",
      ),
    loadGrace: w.duration
      .default("60s")
      .describe("Time after the start during which a replica that is not ready is left alone: the load of its model."),
    startBudget: w.duration.default("5m").describe("Time a deployment waits for a replica before it fails."),
    env: w
      .leavesOut(w.env, RESERVED)
      .default({})
      .describe("Further variables; those that name the model, its registry and its features are reserved."),
    volumes: z
      .record(w.dnsLabel, ownVolume)
      .default({})
      .describe("Volumes of its own, by name; the name is unique in the stack and identifies the data."),
    folders: z
      .record(w.containerPath, z.union([w.hostPath, w.strict({ folder: w.hostPath, readOnly: z.boolean().default(true) })]))
      .default({})
      .describe(
        "Folders of the engine's host by their place in the container, read-only unless { folder, readOnly: false } says otherwise, for development; a relative one is relative to the file that says it.",
      ),
    hosts: w.hosts.default({}),
    scratch: z
      .record(w.containerPath, w.memory)
      .optional()
      .describe('Writable folders in memory; default: { "/tmp": "64Mi" }, with a model { "/tmp": "256Mi" }.'),
    sharedMemory: w.memory.default("64Mi").describe("Size of /dev/shm."),
    user: w.user.optional().describe("Numeric user; default: 10001:10001."),
    resources: w.resourcesOf({ memory: "1Gi" }).prefault({}).describe("Limits of each replica."),
    accelerator: w.accelerator.optional().describe("Devices of each replica; default: none."),
    debug: w.right(
      w.debug.optional().describe("Where a debugger attaches; refused on a platform that is marked production; default: nowhere."),
      "a debugger, which can run any code",
    ),
    stopGrace: w.duration.default("15s").describe("Time between the request to stop and the kill: running requests end within it."),
  }),
  (given, context) => requireMemory({ ...given, scratch: given.scratch ?? DEFAULT_SCRATCH }, context),
);
