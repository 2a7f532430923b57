import { type ContainerView, EMPTY_ENGINE, Engine, type EngineView } from "../../components/docker/engine.ts";
import { DockerPlatform } from "../../components/docker/platform.ts";
import type { DockerSettings } from "../../components/docker/settings.ts";

/** A Docker platform on an engine on which the given things stand; the engine itself is never asked. */
export function aDockerPlatform(view: Partial<EngineView> = {}, settings: DockerSettings = {}): DockerPlatform {
  return new DockerPlatform({ prefix: "shop", ...settings }, new Engine(), { ...EMPTY_ENGINE, ...view });
}

/** A container that stands on the engine. */
export function aContainer(changes: Partial<ContainerView> = {}): ContainerView {
  return { id: "0123456789abcdef", running: false, exitCode: 0, labels: {}, published: [], ...changes };
}
