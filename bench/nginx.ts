import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { Problem } from "../tools/lib/problem.ts";

/** Where its configuration is mounted. */
const FOLDER = "/etc/nginx/bench";

/** What a gateway does, as the settings of a system say it. */
export interface Duties {
  /** Host and port of every replica. */
  readonly replicas: readonly string[];
  /** What it does where it is open to others; without it, it only balances. */
  readonly edge?: Edge;
}

/** TLS, an API key, origins and a rate. */
export interface Edge {
  readonly apiKey: string;
  readonly origin: string;
  readonly requestsPerMinute: number;
  /** Certificate and private key, PEM. */
  readonly pem: string;
}

/** Writes what nginx reads into a new folder; the volume as Compose has it. */
export function nginxFiles(folder: string, duties: Duties): string {
  mkdirSync(folder, { mode: 0o755, recursive: true });
  if (duties.edge !== undefined) writeFileSync(join(folder, "tls.pem"), duties.edge.pem);
  writeFileSync(join(folder, "nginx.conf"), nginxConfig(duties));
  return `${folder}:${FOLDER}:ro`;
}

/**
 * nginx with the duties of a gateway, one log line for each request, and set up as one would for speed: connections to the
 * replicas are kept, an upload stays in memory, the replica with the fewest requests gets the next.
 */
function nginxConfig({ replicas, edge }: Duties): string {
  return `
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  log_format edge '$remote_addr [$time_iso8601] $upstream_addr $upstream_response_time $request_time $status $bytes_sent $request_method $uri';
  access_log /dev/stdout edge;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  client_max_body_size 10m;
  client_body_buffer_size 256k;
  keepalive_requests 100000;
${edge === undefined ? "" : customersOf(edge)}
  upstream replicas {
    least_conn;
${replicas.map((replica) => `    server ${replica} max_fails=2 fail_timeout=1s;`).join("\n")}
    keepalive 64;
    keepalive_requests 100000;
  }
  # Where the gateway reports that it is ready: the same health check asks both.
  server { listen 8405; access_log off; location = /ready { return 200; } }
  server {
    listen 8080${edge === undefined ? "" : " ssl http2"};
${edge === undefined ? "" : HEADERS}
    location / {
${edge === undefined ? "" : CHECKS}
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 1s;
      proxy_read_timeout 30s;
    }
  }
}
`;
}

const HEADERS = `    add_header x-content-type-options nosniff always;
    add_header x-frame-options DENY always;
    add_header referrer-policy no-referrer always;
    add_header content-security-policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header access-control-allow-origin $listed always;
    add_header vary origin always;`;
const CHECKS = `      if ($customer = "") { return 401; }
      limit_req zone=customers burst=10000 nodelay;
      proxy_set_header x-customer $customer;
      proxy_set_header x-api-key "";`;

function customersOf({ apiKey, origin, requestsPerMinute }: Edge): string {
  return `  ssl_certificate ${FOLDER}/tls.pem;
  ssl_certificate_key ${FOLDER}/tls.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:10m;
  ssl_session_tickets off;
  map $http_x_api_key $customer { default ""; "${apiKey}" demo; }
  map $http_origin $listed { default ""; "${origin}" $http_origin; }
  limit_req_zone $customer zone=customers:1m rate=${requestsPerMinute}r/m;
  limit_req_status 429;`;
}

const dockerfile = `ARG BASE
FROM \${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/*
STOPSIGNAL SIGQUIT
ENTRYPOINT ["nginx", "-e", "stderr", "-c", "${FOLDER}/nginx.conf", "-g", "daemon off;"]
`;

/** Builds Debian's nginx on the base image of the workloads; the image carries the labels. */
export async function nginxImage(home: string, base: string, tag: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const context = join(home, "nginx-image");
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  const docker = new Docker();
  const stream = await docker.buildImage(
    { context, src: ["Dockerfile"] },
    { t: tag, labels: { ...labels }, buildargs: { BASE: base }, forcerm: true },
  );
  const lines = await new Promise<{ error?: string }[]>((resolve, reject) =>
    docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output))),
  );
  const problem = lines.find(({ error }) => error !== undefined)?.error;
  if (problem !== undefined) throw new Problem(`bench: nginx cannot be built: ${problem}`);
}
