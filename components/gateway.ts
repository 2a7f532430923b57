import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { type GatewayEdge, gatewayEdge } from "./gateway/edge.ts";
import { haproxyConfig, STATUS_PORT } from "./gateway/haproxy.ts";
import { edgeSecrets } from "./gateway/secrets.ts";
import { percent } from "./gateway/split.ts";
import { urlPath } from "./gateway/text.ts";
import type { GatewayPart } from "./monitoring/observed.ts";
import { answers, startedAgain } from "./parts/alive.ts";
import * as w from "./workload/index.ts";

export { type GatewayEdge, gatewayEdge } from "./gateway/edge.ts";

/** A service that takes part in the traffic of another. */
export interface GatewayShare {
  /** Who it is: it speaks as the service does, and has the same `readyPath`. */
  service: w.Service;
  /** Part of the requests, 0 to 100, with at most two decimals; drawn for each request. */
  percent: number;
}

/** A reverse proxy in front of a service. */
export interface GatewayArgs {
  /** Where the gateway runs. */
  platform: w.Platform;
  /** Image with HAProxy that reads `/etc/haproxy/mlstack/haproxy.cfg` and has the Lua programs of `workloads/gateway`, the reference one. */
  image: pulumi.Input<string>;
  /** What the gateway forwards requests to; its replicas may come and go. */
  service: w.Service;
  /** Path on which a replica answers whether it may receive traffic. @default "/ready" */
  readyPath?: string | undefined;
  /** Where the outside reaches it: `{ port, anyPort, address }`; default: not at all. */
  publish?: z.input<typeof w.publication> | undefined;
  /**
   * Paths, exactly as written, whose POST requests only read by the service's own contract: one that breaks off, as when its
   * replica leaves, is asked of another. An edge's `retry` names further ones. @default [] - only GET, HEAD and OPTIONS read
   */
  reads?: readonly string[] | undefined;
  /** Longest time a request may take; over it the answer is 504. @default "30s" */
  requestTimeout?: w.Duration | undefined;
  /** Limits; default: 1 core, 256Mi. */
  resources?: w.Limits | undefined;
  /** Keys, rate, TLS, origins, sizes and headers. @default - requests pass as they come */
  edge?: GatewayEdge | undefined;
  /**
   * A second service that answers a part of the requests, while at least one of its replicas passes its check; without one
   * its part is 0 at once. @default - none
   */
  canary?: GatewayShare | undefined;
  /**
   * A second service that gets copies of a part of the GET and POST requests with bodies up to 1Mi; what it answers is thrown
   * away. Copies neither delay nor change an answer; at most 16 are under way, further ones are left out. @default - none
   */
  shadow?: GatewayShare | undefined;
}

const service = z.custom<w.Service>(w.isHandle("service"), "must be a service of the platform");
const share = w.strict({ service, percent });

export const gatewaySchema = w.strict({
  image: w.inputText,
  service,
  readyPath: urlPath.default("/ready"),
  publish: w.publication.optional(),
  reads: z.array(urlPath).default([]),
  requestTimeout: w.duration.default("30s"),
  resources: w.resources.extend({ memory: w.memory.default("256Mi") }).prefault({}),
  edge: gatewayEdge.optional(),
  canary: share.optional(),
  shadow: share.optional(),
});

type Settings = z.output<typeof gatewaySchema>;

/** Port on which the gateway itself listens, inside the platform. */
const LISTEN = 8080;
const GRACE = "30s";

/**
 * HAProxy in front of one service: active health checks, balancing, retries of refused connections, and what an edge needs.
 * It is ready when at least one replica is.
 *
 * @example
 * new Gateway("gateway", { platform, image, service: api, edge: { keys: { acme: config.requireSecret("acmeKey") } } });
 */
export class Gateway extends pulumi.ComponentResource {
  /** `http://host:port` (`https://` with TLS) outside the platform; undefined when not published. */
  readonly url: pulumi.Output<string> | undefined;
  /** PEM of the self-signed certificate, for clients to trust; undefined with another or none. */
  readonly certificate: pulumi.Output<string> | undefined;
  private readonly part: Omit<GatewayPart, "replicas">;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Gateway", name, {}, opts);
    const { platform, ...given } = args;
    const owner = { kind: "Gateway", name, platform };
    const settings = w.parse(owner, gatewaySchema, given);
    const parent = { parent: this };

    const { edge, publish } = settings;
    const hosts = ["localhost", "127.0.0.1", name, ...(publish === undefined || publish.address === "0.0.0.0" ? [] : [publish.address])];
    const secrets = edge === undefined ? undefined : edgeSecrets(edge, { ...owner, hosts, resource: this });
    const values = secrets?.values ?? {};
    const secret = Object.keys(values).length === 0 ? undefined : platform.secret(w.childName(name, "edge"), { values }, parent);
    const files = platform.configFiles(w.childName(name, "config"), { files: { "haproxy.cfg": configOf(settings) } }, parent);
    const gateway = platform.service(name, serviceOf(settings, files, secret), parent);

    this.url = edge?.tls === undefined ? gateway.url : gateway.url?.apply((url) => url.replace(/^http:/, "https:"));
    this.certificate = secrets?.certificate;
    this.part = { kind: "gateway", target: gateway, statusPort: STATUS_PORT, behind: settings.service.name, tls: edge?.tls !== undefined };
    this.registerOutputs({ url: this.url });
  }

  /** What monitoring reads of it. @param replicas how many of its service were declared */
  observed(replicas: number): GatewayPart[] {
    return [{ ...this.part, replicas }];
  }
}

/** The file it reads. */
function configOf({ service, readyPath, reads, requestTimeout, resources, edge, canary, shadow }: Settings): string {
  const { address, port } = endpoint(service);
  return haproxyConfig({
    address,
    port,
    readyPath,
    reads,
    listen: LISTEN,
    cores: w.toMillicores(resources.cpu) / 1000,
    requestTimeout,
    edge,
    canary: canary && { ...endpoint(canary.service), percent: canary.percent },
    shadow: shadow && { ...endpoint(shadow.service), percent: shadow.percent },
  });
}

/** What the platform is asked to run. */
function serviceOf(settings: Settings, files: w.ConfigFiles, secret: w.Secret | undefined): w.ServiceSpec {
  const { image, service, publish, resources, canary, shadow } = settings;
  const calls = [service, ...[canary, shadow].flatMap((part) => (part === undefined ? [] : [part.service]))];
  const env = secret === undefined ? {} : Object.fromEntries(secret.keys.map((key) => [key, w.secretValue(secret, key)]));
  return {
    container: { image, resources, calls, mounts: [{ files, path: "/etc/haproxy/mlstack" }], ...(secret === undefined ? {} : { env }) },
    port: LISTEN,
    readiness: w.httpProbe(STATUS_PORT, "/ready", { startInterval: "1s", startupGrace: GRACE }),
    ...startedAgain(GRACE, answers(STATUS_PORT, "/alive")),
    // Not beside it: however long the service takes to be ready, the gateway's own budget begins after it. A canary or a
    // shadow takes part when it is ready, and must not delay the gateway.
    after: [service],
    ...(publish === undefined ? {} : { publish }),
  };
}

function endpoint({ replicasAddress, port }: w.Service): { address: string; port: number } {
  return { address: replicasAddress, port };
}
