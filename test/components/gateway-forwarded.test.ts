import { describe, expect, test } from "vitest";

import { forwardedLines } from "../../components/gateway/forwarded.ts";
import { haproxyConfig } from "../../components/gateway/haproxy.ts";

const backend = { address: "api", port: 8000, readyPath: "/ready", listen: 8080, cores: 1, requestTimeout: "10s" } as const;

/** The rule by which the gateway removes a header, as a regular expression of JavaScript. */
function removes(name: string): boolean {
  const [, rule = ""] = /del-header (\S+) -m reg/.exec(forwardedLines(false).join("\n")) ?? [];
  return new RegExp(rule).test(name);
}

describe("where a request came from", () => {
  test("is said by the gateway, also without an edge", () => {
    expect(forwardedLines(false)).toContain("http-request set-header x-forwarded-proto http");
    expect(forwardedLines(true)).toContain("http-request set-header x-forwarded-proto https");
    expect(haproxyConfig(backend)).toContain("\n  http-request set-header x-forwarded-proto http\n");
  });

  test("is removed before it is said, so that no rule reads what a client says", () => {
    const [first, second] = forwardedLines(true);
    expect(first).toMatch(/^http-request del-header /);
    expect(second).toMatch(/^http-request set-header x-forwarded-proto /);
  });

  test.each(["forwarded", "x-forwarded-for", "x_forwarded_proto", "x-forwarded", "x-real-ip", "x-original-url", "x-script-name", "via"])(
    "%s of a client is removed",
    (name) => expect(removes(name)).toBe(true),
  );

  test.each(["x-forward", "x-forwardedness", "x-customer", "forwarded-by", "host", "x-request-id", "authorization", "x-api-key"])(
    "%s stays",
    (name) => expect(removes(name)).toBe(false),
  );
});
