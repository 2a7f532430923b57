/** The library's components and its language. Adapters have paths of their own (`mlstack/docker`, `mlstack/kubernetes`). */
export * from "./database.ts";
export * from "./experiments.ts";
export * from "./feast-store.ts";
export * from "./feature-stack.ts";
export * from "./gateway.ts";
export * from "./model/pin.ts";
export * from "./model/registry.ts";
export * from "./monitoring.ts";
export * from "./pipeline.ts";
export * from "./reference-images.ts";
export * from "./serving-stack.ts";
export * from "./tracking-server.ts";
export * from "./training-cluster.ts";
export * as workload from "./workload/index.ts";
