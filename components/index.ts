/** The library's components and its language. Adapters have paths of their own (`components/docker`). */
export * from "./feast-store.ts";
export * from "./feature-stack.ts";
export * from "./gateway.ts";
export * from "./model-registry.ts";
export * from "./pinned-model.ts";
export * from "./serving-stack.ts";
export * from "./tracking-server.ts";
export * from "./training-cluster.ts";
export * as workload from "./workload/index.ts";
