import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";

import { ServingStack } from "../../components/serving-stack.ts";
import type { Accelerator, Mount } from "../../components/workload/index.ts";
import { imagesOf } from "../reference-images.ts";
import { createPlatform } from "./platform.ts";

const config = new pulumi.Config();
const development = config.get("variant") === "development";
// A folder of this machine, where there is one; elsewhere a volume that a job fills.
const folder = config.get("modelsFolder");
const device = config.get("gpu");

const platform = await createPlatform(config);
const system = new pulumi.ComponentResource("mlstack:example:CatBreeds", "cat-breeds");
const parent = { parent: system };
const built = imagesOf(platform, parent);

const image = built("image-api", development ? "dev" : "runtime");
const logs = platform.volume("logs", { size: "1Gi", access: "many-nodes", keep: true }, parent);
const cache = platform.volume("cache", { size: "1Gi", access: "many-nodes" }, parent);

/** A stand-in for the checkpoint, made once. */
function madeUp() {
  const volume = platform.volume("models", { size: "1Gi", access: "many-nodes" }, parent);
  const command = ["image-api-checkpoint", "/app/models/model.pt"];
  const mounts = [{ volume, path: "/app/models" }];
  const made = platform.job("checkpoint", { container: { image, command, mounts, resources: { memory: "2Gi" } } }, parent);
  return { mount: { volume, path: "/app/models", readOnly: true }, after: [made] };
}

const models: { mount: Mount; after: ReturnType<typeof madeUp>["after"] } =
  folder === undefined ? madeUp() : { mount: { hostFolder: folder, path: "/app/models" }, after: [] };
const source = fileURLToPath(new URL("../../workloads/image-api", import.meta.url));
const accelerator: Accelerator | undefined = device === undefined ? undefined : { vendor: "nvidia", devices: [device] };

const serving = new ServingStack(
  "api",
  {
    platform,
    server: {
      image,
      env: {
        API_CHECKPOINT_PATH: "/app/models/model.pt",
        API_MODEL_NAME: "catnet-small",
        API_NUM_CLASSES: "67",
        API_IMAGE_SIZE: "224",
        API_DEVICE: device === undefined ? "cpu" : "cuda",
        API_WORKERS: development ? "1" : "2",
        LOG_LEVEL: development ? "DEBUG" : "INFO",
      },
      mounts: [
        models.mount,
        { volume: logs, path: "/app/logs" },
        { volume: cache, path: "/app/cache" },
        ...(development ? [{ hostFolder: config.get("source") ?? source, path: "/src" }] : []),
      ],
      scratch: { "/tmp": "256Mi" },
      resources: { cpu: 4, memory: "8Gi", reservation: { cpu: config.getNumber("reservedCpu") ?? 2, memory: "4Gi" } },
      loadGrace: "60s",
      ...(accelerator === undefined ? {} : { accelerator }),
      ...(development ? { debug: { port: 5678, hostPort: config.getNumber("debugPort") ?? 5678 } } : {}),
    },
    gateway: built("gateway"),
    replicas: development ? 1 : (config.getNumber("replicas") ?? 1),
    publish: { port: config.getNumber("port") ?? 8000 },
    edge: { uploadLimit: "10Mi" },
    after: models.after,
  },
  parent,
);

export const url = serving.url;
