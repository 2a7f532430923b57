import type * as pulumi from "@pulumi/pulumi";

import { Engine } from "../../components/docker/engine.ts";
import { type ContainerDetail, type ContainerView, EMPTY_ENGINE, type EngineView } from "../../components/docker/engine-view.ts";
import { Ownership } from "../../components/docker/owner.ts";
import { DockerPlatform } from "../../components/docker/platform.ts";
import { type ContainerRecord, EMPTY_RECORD, type StackRecord } from "../../components/docker/record.ts";
import type { DockerSettings } from "../../components/docker/settings.ts";
import { NO_WAITS, type Waits } from "../../components/docker/waits.ts";
import type { MockEngine } from "./engine.ts";

/** The id of the state that tests deploy from. */
export const STATE = "57a7e0000001";
export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";

/** A Docker platform on an engine with the given things; neither the engine nor this machine's ports are looked at. */
export function aDockerPlatform(
  view: Partial<EngineView> = {},
  settings: DockerSettings = {},
  waits: Waits = NO_WAITS,
  record: Partial<StackRecord> = {},
): DockerPlatform {
  const before = { ...EMPTY_RECORD, ...record };
  const host = {
    engine: new Engine(),
    view: { ...EMPTY_ENGINE, ...view },
    record: before,
    ownership: new Ownership("shop/test", before, STATE),
    isFree: async () => true,
    waits,
    routes: [],
  };
  return DockerPlatform.on(host, { prefix: "shop", ...settings });
}

/** Runs `ask` on a fresh platform. Rejects with what the platform refuses; otherwise everything is registered. */
export function onDocker<T>(
  engine: MockEngine,
  ask: (platform: DockerPlatform, opts: { parent: pulumi.Resource }) => T,
  ...host: Parameters<typeof aDockerPlatform>
): Promise<T> {
  return engine.run(async () => {
    const platform = aDockerPlatform(...host);
    const asked = ask(platform, { parent: platform });
    await platform.admitted();
    return asked;
  });
}

/** A container on the engine. */
export function aContainer(changes: Partial<ContainerView> = {}): ContainerView {
  return {
    id: "0123456789abcdef",
    running: false,
    exitCode: 0,
    labels: {},
    published: [],
    networks: [],
    mounts: {},
    ours: true,
    ...changes,
  };
}

/** A container as the state has it: one of the service `api`, unless `place` says another. */
export function aRecord(changes: Partial<ContainerRecord> = {}): ContainerRecord {
  const types = ["mlstack:docker:Platform", "mlstack:docker:Service", CONTAINER];
  return {
    place: { types, name: "api-0" },
    id: "0123456789abcdef",
    name: "shop-api-0",
    labels: {},
    exitCode: undefined,
    memory: 512,
    memoryReservation: 0,
    memorySwap: 512,
    cpuShares: 0,
    cpuQuota: 100_000,
    cpuPeriod: 100_000,
    cpuSet: "",
    restart: "unless-stopped",
    maxRetryCount: 0,
    networksAdvanced: [{ name: "shop-network", aliases: ["api", "api-0"] }],
    destroyGraceSeconds: 10,
    stopTimeout: 10,
    user: "10001:10001",
    gpus: undefined,
    dns: undefined,
    tmpfs: {},
    ulimits: [],
    image: "shop/api:1",
    entrypoints: [],
    command: ["serve"],
    envs: ["MODE=fast"],
    mounts: [],
    ports: [],
    capabilities: { adds: [], drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    privileged: false,
    readOnly: true,
    uploads: [],
    ...changes,
  };
}

/** The same container on the engine, as the last deployment left it. */
export function aDetail(changes: Partial<ContainerDetail> = {}): ContainerDetail {
  return {
    name: "shop-api-0",
    status: "running",
    exitCode: 0,
    isOutOfMemory: false,
    restarts: 0,
    created: "2026-01-01T00:00:00Z",
    started: "2026-01-01T00:00:00Z",
    memory: 512 * 1024 ** 2,
    memoryReservation: 0,
    memorySwap: 512 * 1024 ** 2,
    cpuShares: 0,
    cpuQuota: 100_000,
    restart: { name: "unless-stopped", maximum: 0 },
    limits: { cpuPeriod: 100_000, cpus: "", memoryNodes: "", processes: 0, diskWeight: 0, realTime: 0 },
    networks: { "shop-network": ["api", "api-0", "0123456789ab"] },
    ...changes,
  };
}
