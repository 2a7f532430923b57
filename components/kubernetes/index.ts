/** What a program needs of the Kubernetes adapter; the rest of this folder is its own. */
export { KubernetesPlatform } from "./platform.ts";
export type { KubernetesSettings } from "./settings.ts";
