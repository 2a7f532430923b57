/** What a program needs of the Docker adapter; the rest of this folder is its own. */
export { DockerPlatform } from "./platform.ts";
export type { DockerSettings } from "./settings.ts";
