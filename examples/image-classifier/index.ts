import * as pulumi from "@pulumi/pulumi";

import { ServingStack } from "../../components/serving-stack.ts";
import { imagesOf } from "../reference-images.ts";
import { createPlatform } from "./platform.ts";

const config = new pulumi.Config();

// A chain in PEM form, for names that others know; without one the gateway makes its own.
const certificate = config.get("certificate");
const tls = certificate === undefined ? { selfSigned: true as const } : { certificate, key: config.requireSecret("certificateKey") };

const platform = await createPlatform(config);
const system = new pulumi.ComponentResource("mlstack:example:ImageClassifier", "image-classifier");
const parent = { parent: system };
const built = imagesOf(platform, parent);

const image = built("image-classifier");
const models = platform.volume("models", { size: "1Gi", access: "many-nodes" }, parent);
const logs = platform.volume("logs", { size: "1Gi", access: "many-nodes" }, parent);
const customerData = platform.volume("customer-data", { size: "1Gi", access: "many-nodes", keep: true }, parent);

// Both models are trained once, on generated images, into the folder that every copy only reads.
const trained = platform.job(
  "train",
  {
    container: {
      image,
      command: ["classifier-train"],
      mounts: [{ volume: models, path: "/app/models" }],
      resources: { cpu: 2, memory: "2Gi" },
    },
  },
  parent,
);

const serving = new ServingStack(
  "api",
  {
    platform,
    server: {
      image,
      port: 8001,
      env: {
        // Not read by the server, which loads its models once: new ones renew the copies.
        MODELS: trained.fingerprint,
        RAY_DISABLE_IMPORT_WARNING: "1",
        RAY_HEAD_SERVICE_PORT: "6379",
        UVICORN_WORKERS: "4",
        LOG_LEVEL: config.get("logLevel") ?? "INFO",
      },
      mounts: [
        { volume: models, path: "/app/models", readOnly: true },
        { volume: logs, path: "/app/logs" },
        { volume: customerData, path: "/app/customer_data" },
      ],
      scratch: { "/tmp": "256Mi" },
      sharedMemory: "1Gi",
      resources: { cpu: 2, memory: "4Gi", reservation: { cpu: config.getNumber("reservedCpu") ?? 1, memory: "2Gi" } },
      loadGrace: "2m",
    },
    gateway: built("gateway"),
    replicas: config.getNumber("replicas") ?? 1,
    edge: {
      keys: { demo: config.requireSecret("apiKey") },
      open: ["/health"],
      rateLimit: { requests: config.getNumber("requestsPerMinute") ?? 10_000 },
      cors: { origins: config.getObject<string[]>("origins") ?? [] },
      uploadLimit: "10Mi",
      tls,
    },
    publish: { port: config.getNumber("port") ?? 8001 },
    after: [trained],
  },
  parent,
);

export const url = serving.url;
