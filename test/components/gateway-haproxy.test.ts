import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Edge, gatewayEdge } from "../../components/gateway/edge.ts";
import { type Backend, haproxyConfig } from "../../components/gateway/haproxy.ts";
import { MOST_REPLICAS } from "../../components/workload/index.ts";
import { FOLDER, fixtures } from "../support/gateway-fixtures.ts";

const backend = { address: "api", port: 8000, readyPath: "/ready", listen: 8080, cores: 1, requestTimeout: "45s" } as const;
const withEdge = (edge: object, more: Partial<Backend> = {}) => haproxyConfig({ ...backend, ...more, edge: gatewayEdge.parse(edge) });

test("checks every replica, finds it by name, and does not mention how many there are", () => {
  const config = haproxyConfig(backend);
  expect(config).toContain(`server-template replica 1-${MOST_REPLICAS} api:8000`);
  expect(config).toContain("http-check send meth GET uri /ready");
  expect(config).toContain("timeout server 45s");
  expect(config).toContain("bind :8080\n");
});

test.each([
  [0.1, 1],
  [1, 1],
  [1.5, 2],
  [4, 4],
])("with %d cores runs %d threads, whatever the machine has", (cores, threads) => {
  expect(haproxyConfig({ ...backend, cores })).toContain(`\n  nbthread ${threads}\n`);
});

test("gives a request to the replica that has the fewest, of every service that it forwards to", () => {
  const share = { address: "other", port: 9000, percent: 10 } as const;
  expect(haproxyConfig({ ...backend, canary: share, shadow: share }).match(/balance leastconn/g)).toHaveLength(3);
});

test("asks what only reads of another replica again, as the service says and as the edge adds, once each", () => {
  const config = withEdge({ retry: ["/score", "/predict"] }, { reads: ["/predict"] });
  expect(config.match(/acl repeatable path -m str (\S+)/g)).toEqual([
    "acl repeatable path -m str '/predict'",
    "acl repeatable path -m str '/score'",
  ]);
  expect(haproxyConfig(backend)).not.toContain("repeatable");
});

describe("the files with which the image's tests run", () => {
  test("are those of the generator; after a change of it: node test/support/gateway-fixtures.ts", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(fixtures).sort());
    for (const [name, content] of Object.entries(fixtures)) expect(readFileSync(`${FOLDER}${name}`, "utf8"), name).toBe(content);
  });

  test("are the same each time, so that nothing is renewed without a change", () => {
    expect(withEdge({ rateLimit: { requests: 5 } })).toBe(withEdge({ rateLimit: { requests: 5 } }));
  });
});

describe("what is not asked for is not there", () => {
  const everything = fixtures["everything.cfg"] ?? "";
  test.each([
    ["keys.map", { keys: { acme: "a-key-of-16-chars" } }],
    ["stick-table", { rateLimit: { requests: 5 } }],
    ["access-control", { cors: { origins: ["https://a.example"] } }],
    ["upload-limit", { uploadLimit: "1Mi" }],
    ["repeatable", { retry: ["/predict"] }],
    [" ssl crt ", { tls: { selfSigned: true } }],
  ])("%s", (mark, edge) => {
    expect(everything).toContain(mark);
    expect(withEdge(edge)).toContain(mark);
    expect(withEdge({})).not.toContain(mark);
  });

  test.each(["canary", "shadow"] as const)("%s", (part) => {
    const share = { address: "other", port: 9000, percent: 12.5 };
    expect(haproxyConfig({ ...backend, [part]: share })).toContain("server-template replica 1-64 other:9000");
    expect(haproxyConfig({ ...backend, [part]: share })).toMatch(/lt 1250 }.*nbsrv\((canary|shadow)\) gt 0/);
    expect(haproxyConfig(backend)).not.toContain(part);
  });

  test("browsers are asked to insist on TLS only where its certificate is not self-signed", () => {
    expect(everything).toContain("strict-transport-security");
    expect(withEdge({ tls: { selfSigned: true } })).not.toContain("strict-transport-security");
  });
});

test("origins are dealt with before keys, keys before rates, rates before sizes", () => {
  const config = fixtures["edge.cfg"] ?? "";
  const places = ["status 204", "status 401", "status 429", "status 413", "default_backend"].map((mark) => config.indexOf(mark));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

/** A line as HAProxy reads it: words, quotes resolved, up to a comment. */
function words(line: string): string[] {
  const found = [...line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\#])+|(#.*)$/g)];
  return found.filter(([, comment]) => comment === undefined).map(([word]) => word);
}

/** What a configuration does, without the values: how many words each line has, and its first two. */
function skeleton(config: string): string[] {
  return config.split("\n").map((line) => `${words(line).length} ${words(line).slice(0, 2).join(" ")}`);
}

describe("no setting can write lines or words into the configuration", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(..."'\"\\#%{}[]() \n\r\t$a/-"), maxLength: 20 }),
    fc.constantFrom("x\n  http-request return status 200", "'; rm", "%[env(GATEWAY_KEYS)]", "a' 'b", '"$HOME"', "x # y", "\\"),
  );
  const benign = {
    open: (value: string) => ({ keys: { acme: "a-key-of-16-chars" }, open: [value] }),
    retry: (value: string) => ({ retry: [value] }),
    origin: (value: string) => ({ cors: { origins: [value] } }),
    "header value": (value: string) => ({ headers: { "x-note": value } }),
    "header name": (value: string) => ({ headers: { [value]: "x" } }),
    customer: (value: string) => ({ keys: { [value]: "a-key-of-16-chars" } }),
    key: (value: string) => ({ keys: { acme: value } }),
    host: (value: string) => ({ tls: { selfSigned: true, hosts: [value] } }),
  };
  const good: Record<keyof typeof benign, string> = {
    open: "/health",
    retry: "/predict",
    origin: "https://a.example",
    "header value": "x",
    "header name": "x-note",
    customer: "acme",
    key: "a-key-of-16-chars",
    host: "a.example",
  };

  test.each(Object.keys(good) as (keyof typeof benign)[])("by a %s", (what) => {
    const expected = skeleton(withEdge(benign[what](good[what])));
    fc.assert(
      fc.property(text, (value) => {
        const parsed = gatewayEdge.safeParse(benign[what](value));
        if (!parsed.success || (what === "header value" && value === "")) return;
        const got = skeleton(haproxyConfig({ ...backend, edge: parsed.data }));
        if (what === "header name") expect(got.map((line) => line.split(" ")[0])).toHaveLength(got.length);
        else expect(got).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("a header's value reaches clients as it was written: quotes and percent signs are no syntax", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7e]{1,40}$/), (value) => {
        const config = withEdge({ headers: { "x-note": value } });
        const word = words(config.split("\n").find((line) => line.includes("x-note")) ?? "").at(-1) ?? "";
        const read = word.replaceAll(/'([^']*)'|\\(.)/g, (_, inside?: string, escaped?: string) => inside ?? escaped ?? "");
        expect(read.replaceAll("%%", "%")).toBe(value);
        expect(read.replaceAll("%%", "")).not.toContain("%");
      }),
    );
  });
});

test("no listed origin means that no page may call, whatever a replica says", () => {
  const lines = withEdge({ cors: { origins: [] } }).split("\n");
  const cors = lines.filter((line) => /\borigin\b(?!al)|listed|access-control/.test(line)).map((line) => line.trim());
  expect(cors).toEqual([
    expect.stringMatching(
      /^http-request return status 403 .* if \{ method OPTIONS \} \{ req\.fhdr\(access-control-request-method\) -m found \}$/,
    ),
    "http-after-response del-header access-control-allow-origin",
    "http-after-response del-header access-control-allow-credentials",
  ]);
});

test("an upload limit is whole bytes", () => {
  expect(withEdge({ uploadLimit: "0.3Ki" })).toContain("int(307) ");
});

test("a key is never in the configuration", () => {
  const edge: Edge = gatewayEdge.parse({ keys: { acme: ["plain-key-of-acme-1", "plain-key-of-acme-2"] } });
  expect(haproxyConfig({ ...backend, edge })).not.toContain("plain-key");
});
