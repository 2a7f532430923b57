import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { haproxyConfig, STATUS_PORT } from "./gateway-config.ts";
import * as w from "./workload/index.ts";

/** A door in front of a service. */
export interface GatewayArgs {
  /** Where the gateway runs. */
  platform: w.Platform;
  /** Image with HAProxy that reads `/etc/haproxy/mlstack/haproxy.cfg`. */
  image: pulumi.Input<string>;
  /** What the gateway leads to; its replicas may come and go. */
  service: w.Service;
  /** Path on which a replica tells whether it may receive traffic. @default "/ready" */
  readyPath?: string | undefined;
  /** Where the outside reaches it: `{ port, address }`; default: not at all. */
  publish?: { port: number; address?: string | undefined } | undefined;
  /** Longest time a request may take. @default "30s" */
  requestTimeout?: w.Duration | undefined;
  /** Limits; default: 1 core, 256Mi. */
  resources?: w.Limits | undefined;
}

export const gatewaySchema = w.strict({
  image: w.inputText,
  service: z.custom<w.Service>(w.isHandle("service"), "must be a service of the platform"),
  readyPath: w.containerPath.default("/ready"),
  publish: w.publication.optional(),
  requestTimeout: w.duration.default("30s"),
  resources: w.resources.extend({ memory: w.memory.default("256Mi") }).prefault({}),
});

/** Port on which the gateway itself listens, inside the platform. */
const LISTEN = 8080;

/**
 * HAProxy in front of one service: active health checks, balancing, retries of refused connections.
 * It is there once at least one replica is.
 */
export class Gateway extends pulumi.ComponentResource {
  /** `http://host:port` outside the platform; undefined when not published. */
  readonly url: pulumi.Output<string> | undefined;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Gateway", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "Gateway", name, resource: this }, gatewaySchema, given);
    const { image, service, readyPath, publish, requestTimeout, resources } = settings;

    const { replicasAddress: address, port } = service;
    const config = haproxyConfig({ address, port, readyPath, listen: LISTEN, requestTimeout });
    const files = platform.configFiles(w.childName(name, "config"), { files: { "haproxy.cfg": config } }, { parent: this });
    const gateway = platform.service(
      name,
      {
        container: { image, resources, calls: [service], mounts: [{ files, path: "/etc/haproxy/mlstack" }] },
        port: LISTEN,
        readiness: w.httpProbe(STATUS_PORT, "/ready", { interval: "1s" }),
        // Not beside it: however long the service takes to be ready, the gateway's own budget begins after it.
        after: [service],
        ...(publish === undefined ? {} : { publish }),
      },
      { parent: this },
    );

    this.url = gateway.url;
    this.registerOutputs({ url: this.url });
  }
}
