import * as w from "../workload/index.ts";
import { corsLines } from "./cors.ts";
import type { Edge } from "./edge.ts";
import { errorLines } from "./errors.ts";
import { forwardedLines } from "./forwarded.ts";
import { keyLines } from "./keys.ts";
import { rateLimitLines } from "./rate-limit.ts";
import { backendSection, REPLICA_DEFAULTS, RESOLVERS, replicaGlobalLines, type Service } from "./replicas.ts";
import { retryLines } from "./retry.ts";
import { securityHeaderLines } from "./security-headers.ts";
import { canaryLines, SHADOW_LUA, type Share, shadowFrontend, shadowLines } from "./split.ts";
import { bindLine, tlsGlobalLines } from "./tls.ts";
import { UPLOAD_LIMIT_LUA, uploadLimitLines } from "./upload-limit.ts";

/** Port on which the gateway shows its own state: `/ready`, `/alive` whoever is behind it, and `/metrics` for Prometheus. */
export const STATUS_PORT = 8405;

/** What the gateway forwards requests to. */
export interface Backend extends Service {
  /** Path whose answer 200 means that a replica may receive traffic. */
  readonly readyPath: string;
  /** Paths whose POST requests only read; default: none. */
  readonly reads?: readonly string[] | undefined;
  /** Port on which the gateway itself listens. */
  readonly listen: number;
  /** Processors that it may use, at least a part of one. */
  readonly cores: number;
  /** Longest time a request may take. */
  readonly requestTimeout: w.Duration;
  /** What it does for requests from outside; default: nothing. */
  readonly edge?: Edge | undefined;
  /** Service that answers a part of the requests. */
  readonly canary?: Share | undefined;
  /** Service that gets copies of a part of the requests. */
  readonly shadow?: Share | undefined;
}

/**
 * The gateway's HAProxy configuration, the same on every platform.
 *
 * Replicas are found by asking DNS every second, into a fixed number of places: scaling a service changes nothing here. An
 * address gets requests as soon as it has passed its check, also one that could not be reached when its name was known. A
 * replica that says it leaves (404) gets nothing new, and ends what it has been asked. One that stops answering, or answers
 * anything else but 200, is left out after two failed checks (750 ms), and what it has been asked ends; what only tries to
 * reach it, or is refused by it, goes to another, and so does a request that only reads and received no answer. One that hangs
 * is left out as soon as two checks have had no answer in time (5 s), and the requests that it holds end within a second:
 * reads are asked of another.
 */
export function haproxyConfig(backend: Backend): string {
  const { canary, shadow, readyPath } = backend;
  const sections = [
    globalSection(backend),
    defaultsSection(backend),
    RESOLVERS,
    publicFrontend(backend),
    ...(shadow === undefined ? [] : [shadowFrontend()]),
    STATUS,
    backendSection("replicas", backend, readyPath),
    ...(canary === undefined ? [] : [backendSection("canary", canary, readyPath, backend)]),
    ...(shadow === undefined ? [] : [[...backendSection("shadow", shadow, readyPath), "option forwardfor if-none"]]),
  ];
  return `${sections.map(([heading, ...lines]) => [heading, ...lines.map((line) => `  ${line}`)].join("\n")).join("\n\n")}\n`;
}

function globalSection({ cores, edge, shadow }: Backend): string[] {
  return [
    "global",
    // Not one for each processor of the machine: more than the limit feeds only make each other wait.
    `nbthread ${Math.ceil(cores)}`,
    "log stdout format raw local0 info",
    "maxconn 4096",
    "hard-stop-after 10s",
    ...replicaGlobalLines(),
    ...(edge?.tls === undefined ? [] : tlsGlobalLines()),
    // For each thread its own: filters that several threads share crash HAProxy 2.6 (haproxy/haproxy#2467).
    ...(edge?.uploadLimit === undefined ? [] : [`lua-load-per-thread ${UPLOAD_LIMIT_LUA}`]),
    ...(shadow === undefined ? [] : [`lua-load-per-thread ${SHADOW_LUA}`]),
  ];
}

function defaultsSection({ requestTimeout }: Backend): string[] {
  return [
    "defaults",
    "mode http",
    "log global",
    "option httplog",
    "option dontlognull",
    "option forwardfor",
    ...REPLICA_DEFAULTS,
    "timeout client 30s",
    `timeout server ${w.toSeconds(requestTimeout)}s`,
    "timeout http-request 10s",
    "timeout queue 5s",
    ...errorLines(),
  ];
}

/** What a request meets, in this order: origin, key, rate, size, and then the choice of who answers. */
function publicFrontend({ listen, reads = [], edge, canary, shadow }: Backend): string[] {
  return [
    "frontend public",
    bindLine(listen, edge?.tls !== undefined),
    ...forwardedLines(edge?.tls !== undefined),
    ...(edge === undefined ? [] : edgeLines(edge)),
    ...retryLines([...new Set([...reads, ...(edge?.retry ?? [])])]),
    ...(shadow === undefined ? [] : shadowLines(shadow)),
    ...(canary === undefined ? [] : canaryLines(canary)),
    "default_backend replicas",
  ];
}

function edgeLines({ keys, open, rateLimit, tls, cors, uploadLimit, headers }: Edge): string[] {
  return [
    // The path without its query, and no header: neither a key nor what was asked is written down.
    `log-format "%ci [%tr] %ft %b/%s %Tr/%Ta %ST %B %tsc customer=%[var(txn.customer)] %HM %{+Q}HPO"`,
    ...(cors === undefined ? [] : corsLines(cors.origins)),
    ...(keys === undefined ? [] : keyLines(open)),
    ...(rateLimit === undefined ? [] : rateLimitLines(rateLimit, keys !== undefined)),
    ...(uploadLimit === undefined ? [] : uploadLimitLines(Math.floor(w.toBytes(uploadLimit)))),
    ...securityHeaderLines(headers, tls !== undefined && "certificate" in tls),
  ];
}

const STATUS = [
  "frontend status",
  `bind :${STATUS_PORT}`,
  "option dontlog-normal",
  "acl nobody nbsrv(replicas) lt 1",
  "monitor-uri /ready",
  "monitor fail if nobody",
  "http-request return status 200 if { path /alive }",
  "http-request use-service prometheus-exporter if { path /metrics }",
];
