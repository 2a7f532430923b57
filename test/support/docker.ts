import type * as pulumi from "@pulumi/pulumi";

import { Engine } from "../../components/docker/engine.ts";
import { type ContainerView, EMPTY_ENGINE, type EngineView } from "../../components/docker/engine-view.ts";
import { DockerPlatform } from "../../components/docker/platform.ts";
import type { DockerSettings } from "../../components/docker/settings.ts";
import { NO_WAITS, type Waits } from "../../components/docker/waits.ts";
import type { MockEngine } from "./engine.ts";

export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";

/** A Docker platform on an engine with the given things; neither the engine nor this machine's ports are looked at. */
export function aDockerPlatform(view: Partial<EngineView> = {}, settings: DockerSettings = {}, waits: Waits = NO_WAITS): DockerPlatform {
  const host = { engine: new Engine(), view: { ...EMPTY_ENGINE, ...view }, isFree: async () => true, waits };
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
  return { id: "0123456789abcdef", running: false, exitCode: 0, labels: {}, published: [], ...changes };
}
