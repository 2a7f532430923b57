import * as w from "../workload/index.ts";

/** Lua of the image that decides which replicas get requests. */
const REPLICAS_LUA = "/usr/local/share/mlstack-gateway/replicas.lua";

/** Milliseconds that a connection to a replica may take; then another one is asked. */
const CONNECT = 500;

/** Where replicas are found. */
export interface Service {
  /** Host name of the service; each of its addresses is one replica. */
  readonly address: string;
  /** Port of every replica. */
  readonly port: number;
}

/** Lines of the global section. */
export function replicaGlobalLines(): string[] {
  // Lua programs read the environment, and get no arguments.
  return [`setenv REPLICA_CONNECT_MS ${CONNECT}`, `lua-load ${REPLICAS_LUA}`];
}

/** How a request finds a replica, and another where that one cannot be reached. */
export const REPLICA_DEFAULTS = [
  "option redispatch 1",
  "retries 3",
  "retry-on conn-failure empty-response",
  `timeout connect ${CONNECT}ms`,
  // A replica that is busy is slow to say so; taking it out would only leave its requests to others that are as busy.
  "timeout check 2s",
];

/** Asks for the addresses of a name every second. */
export const RESOLVERS = [
  "resolvers platform",
  "parse-resolv-conf",
  "accepted_payload_size 8192",
  "resolve_retries 3",
  "timeout resolve 1s",
  "timeout retry 500ms",
  "hold valid 1s",
  "hold obsolete 2s",
];

/**
 * A backend of the replicas of a service.
 *
 * @param instead service that answers where no replica of this one can be reached, also before a check has said so; default: none
 */
export function backendSection(name: string, { address, port }: Service, readyPath: string, instead?: Service): string[] {
  // The first connection that fails says that it is lost: then those of the other service are asked.
  const lost = instead === undefined ? "" : " observe layer4 error-limit 1 on-error mark-down";
  return [
    `backend ${name}`,
    // Requests take different times; a replica that has just come back, or is slow, gets no more than it can take.
    "balance leastconn",
    "option httpchk",
    `http-check send meth GET uri ${readyPath} ver HTTP/1.1 hdr Host gateway`,
    "http-check expect status 200",
    // Before what is expected: a replica that answers 404 leaves. It gets nothing new, and what it has been asked may end.
    "http-check disable-on-404",
    // Without weight: the Lua program gives it to addresses whose check has passed, and ends the requests of those that are lost.
    "default-server weight 0 check inter 400ms fastinter 200ms downinter 400ms fall 2 rise 1 resolvers platform init-addr none resolve-prefer ipv4",
    `server-template replica 1-${w.MOST_REPLICAS} ${address}:${port}${lost}`,
    ...(instead === undefined
      ? []
      : ["option allbackups", `server-template instead 1-${w.MOST_REPLICAS} ${instead.address}:${instead.port} backup`]),
  ];
}
