import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { gatewayEdge } from "../../components/gateway/edge.ts";
import { haproxyConfig } from "../../components/gateway/haproxy.ts";
import { keysMap } from "../../components/gateway/keys.ts";

/**
 * The files with which the image's tests run: what the generator renders for settings that meet every feature. A unit test
 * compares them with the generator; `node test/support/gateway-fixtures.ts` writes them again after a change of it.
 */
export const FOLDER = fileURLToPath(new URL("../../workloads/gateway/tests/fixtures/", import.meta.url));

const backend = { address: "stable.test", port: 8000, readyPath: "/ready", listen: 8080, cores: 2, requestTimeout: "1s" } as const;
const canary = { address: "canary.test", port: 8000 } as const;
const shadow = { address: "shadow.test", port: 8000 } as const;
const keys = { acme: ["acme-key-0123456789", "acme-next-key-0123456789"], globex: ["globex-key-0123456789"] };
const pem = { certificate: "-", key: "-" };

const edge = gatewayEdge.parse({
  keys,
  open: ["/health"],
  rateLimit: { requests: 20, per: "1m" },
  cors: { origins: ["https://app.example.com", "http://localhost:3000"] },
  retry: ["/predict"],
  uploadLimit: "64Ki",
  headers: { "x-frame-options": "SAMEORIGIN", "content-security-policy": "", "x-note": 'it\'s 100% "plain" #1' },
});

/** Content by file name. */
export const fixtures: Readonly<Record<string, string>> = {
  "plain.cfg": haproxyConfig(backend),
  "edge.cfg": haproxyConfig({ ...backend, edge }),
  "open.cfg": haproxyConfig({ ...backend, edge: gatewayEdge.parse({ rateLimit: { requests: 20, per: "1m" }, uploadLimit: "64Ki" }) }),
  "retry.cfg": haproxyConfig({ ...backend, requestTimeout: "1h", edge: gatewayEdge.parse({ retry: ["/predict"], uploadLimit: "64Ki" }) }),
  "tls.cfg": haproxyConfig({ ...backend, edge: { ...gatewayEdge.parse({}), tls: pem } }),
  "canary.cfg": haproxyConfig({ ...backend, canary: { ...canary, percent: 10 } }),
  "shadow.cfg": haproxyConfig({ ...backend, edge: gatewayEdge.parse({ keys }), shadow: { ...shadow, percent: 100 } }),
  "everything.cfg": haproxyConfig({
    ...backend,
    edge: { ...edge, tls: pem },
    canary: { ...canary, percent: 100 },
    shadow: { ...shadow, percent: 0.01 },
  }),
  "keys.map": keysMap(keys),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of Object.entries(fixtures)) writeFileSync(`${FOLDER}${name}`, content);
}
