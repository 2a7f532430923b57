import { expect, test } from "vitest";

import { directLoopback } from "../../tools/lib/proxy.mjs";

test("without a proxy nothing is set", () => {
  expect(directLoopback({})).toEqual({});
  expect(directLoopback({ https_proxy: "", NO_PROXY: "corp.example" })).toEqual({});
});

test.each(["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"])("behind %s this machine itself is reached directly", (name) => {
  expect(directLoopback({ [name]: "http://proxy:3128" })).toEqual({
    no_proxy: "localhost,127.0.0.1,::1",
    NO_PROXY: "localhost,127.0.0.1,::1",
    NODE_USE_ENV_PROXY: "1",
  });
});

test("what else is reached directly stays so, in whichever spelling it was given", () => {
  const { no_proxy, NO_PROXY } = directLoopback({
    HTTPS_PROXY: "http://proxy:3128",
    no_proxy: ".corp.example, 10.0.0.0/8",
    NO_PROXY: "127.0.0.1",
  });
  expect(no_proxy).toBe(".corp.example,10.0.0.0/8,127.0.0.1,localhost,::1");
  expect(NO_PROXY).toBe(no_proxy);
});
