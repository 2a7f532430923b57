import { createRequire } from "node:module";

/** This file, which the client imports in the place of two of its own imports: `kubeconfig.ts`. */
export const PLACE = import.meta.url;

/*
 * What a kubeconfig's reader uses of them, under the same names: only to make a client of one of the APIs, and loaded then. A
 * function that returns an object can be called with `new` as the class that it stands for.
 */

const client = createRequire(createRequire(import.meta.url).resolve("@kubernetes/client-node/dist/config.js"));

export function createConfiguration(...given: readonly unknown[]): unknown {
  return client("./gen/configuration.js").createConfiguration(...given);
}

export function ServerConfiguration(...given: readonly unknown[]): unknown {
  return new (client("./gen/servers.js").ServerConfiguration)(...given);
}

export function Agent(...given: readonly unknown[]): unknown {
  return new (client("undici").Agent)(...given);
}

export function ProxyAgent(...given: readonly unknown[]): unknown {
  return new (client("undici").ProxyAgent)(...given);
}
