import * as w from "./workload/index.ts";

/** Port on which the gateway tells its own state: `/ready`, and `/metrics` for Prometheus. */
export const STATUS_PORT = 8405;

/** What the gateway leads to. */
export interface Backend {
  /** Host name of the service; each of its addresses is one replica. */
  readonly address: string;
  /** Port of every replica. */
  readonly port: number;
  /** Path whose answer 200 means that a replica may receive traffic. */
  readonly readyPath: string;
  /** Port on which the gateway itself listens. */
  readonly listen: number;
  /** Longest time a request may take. */
  readonly requestTimeout: w.Duration;
}

/**
 * The gateway's HAProxy configuration, the same on every platform.
 *
 * Replicas are found by asking DNS every second, into a fixed number of places: scaling a service changes nothing here.
 * A replica that stops answering, or says that it leaves, is left out after two failed checks (750 ms); a connection it
 * refuses goes to another, and so does a request that only reads and got no answer.
 */
export function haproxyConfig({ address, port, readyPath, listen, requestTimeout }: Backend): string {
  return `global
  log stdout format raw local0 info
  maxconn 4096
  hard-stop-after 10s

defaults
  mode http
  log global
  option httplog
  option dontlognull
  option forwardfor
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  timeout connect 1s
  timeout client 30s
  timeout server ${w.toSeconds(requestTimeout)}s
  timeout http-request 10s
  timeout queue 5s
  timeout check 1s

resolvers platform
  parse-resolv-conf
  accepted_payload_size 8192
  resolve_retries 3
  timeout resolve 1s
  timeout retry 500ms
  hold valid 1s
  hold obsolete 2s

frontend public
  bind :${listen}
  # What writes may have been done before the connection broke: its caller has to know.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  default_backend replicas

frontend status
  bind :${STATUS_PORT}
  option dontlog-normal
  acl nobody nbsrv(replicas) lt 1
  monitor-uri /ready
  monitor fail if nobody
  http-request use-service prometheus-exporter if { path /metrics }

backend replicas
  balance roundrobin
  option httpchk
  http-check send meth GET uri ${readyPath} ver HTTP/1.1 hdr Host gateway
  http-check expect status 200
  default-server check inter 500ms fastinter 250ms downinter 500ms fall 2 rise 1 resolvers platform init-addr none resolve-prefer ipv4
  server-template replica 1-64 ${address}:${port}
`;
}
