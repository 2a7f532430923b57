import { expect, test } from "vitest";

import { haproxyConfig } from "../../components/gateway-config.ts";

const backend = { address: "api", port: 8000, readyPath: "/ready", listen: 8080, requestTimeout: "45s" } as const;

test("checks every replica, finds it by name, and does not mention how many there are", () => {
  const config = haproxyConfig(backend);
  expect(config).toContain("server-template replica 1-64 api:8000");
  expect(config).toContain("http-check send meth GET uri /ready");
  expect(config).toContain("timeout server 45s");
  expect(config).toContain("bind :8080");
});
