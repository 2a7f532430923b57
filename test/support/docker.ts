import { Engine } from "../../components/docker/engine.ts";
import { type ContainerView, EMPTY_ENGINE, type EngineView } from "../../components/docker/engine-view.ts";
import { DockerPlatform } from "../../components/docker/platform.ts";
import type { DockerSettings } from "../../components/docker/settings.ts";

/** A Docker platform on an engine with the given things; neither the engine nor this machine's ports are looked at. */
export function aDockerPlatform(view: Partial<EngineView> = {}, settings: DockerSettings = {}): DockerPlatform {
  const host = { engine: new Engine(), view: { ...EMPTY_ENGINE, ...view }, isFree: async () => true };
  return DockerPlatform.on(host, { prefix: "shop", ...settings });
}

/** A container that stands on the engine. */
export function aContainer(changes: Partial<ContainerView> = {}): ContainerView {
  return { id: "0123456789abcdef", running: false, exitCode: 0, labels: {}, published: [], ...changes };
}
