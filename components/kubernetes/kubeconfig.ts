import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

import { PLACE } from "./kubeconfig-parts.ts";

type Client = typeof import("@kubernetes/client-node/dist/config.js");

/** Versions of `@kubernetes/client-node` whose imports are as they are expected here; a test holds the locked one to this list. */
export const TRIED: readonly string[] = ["2.0.1"];

/** Nine hundred files, for the classes of all objects and for another HTTP client, of which reading a kubeconfig needs none. */
const UNNEEDED: readonly string[] = ["./gen/index.js", "undici"];

const CONFIG = "@kubernetes/client-node/dist/config.js";
const load = createRequire(import.meta.url);

/** The client's reader of kubeconfigs, in a fifth of the time. What that would be upstream: docs/upstream.md. */
export const { KubeConfig } = loadLean();
export type KubeConfig = InstanceType<typeof KubeConfig>;

function loadLean(): Client {
  const { version }: { version: string } = load("@kubernetes/client-node/package.json");
  if (!TRIED.includes(version)) return load(CONFIG);
  const config = pathToFileURL(load.resolve(CONFIG)).href;
  const hooks = registerHooks({
    resolve: (name, context, next) => next(context.parentURL === config && UNNEEDED.includes(name) ? PLACE : name, context),
  });
  try {
    return load(CONFIG);
  } finally {
    hooks.deregister();
  }
}
