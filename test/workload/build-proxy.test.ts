import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";

import { proxyArgs } from "../../components/workload/build/proxy.ts";

test("a build without a proxy gets no argument for one", () => {
  expect(proxyArgs({})).toEqual({});
  expect(proxyArgs({ NO_PROXY: "localhost", https_proxy: "" })).toEqual({});
});

test("a build gets the proxy in both spellings, and what is reached without it", () => {
  expect(proxyArgs({ https_proxy: "http://proxy:3128", NO_PROXY: ".corp.example" })).toEqual({
    https_proxy: "http://proxy:3128",
    HTTPS_PROXY: "http://proxy:3128",
    no_proxy: ".corp.example",
    NO_PROXY: ".corp.example",
  });
});

test.each(["http://127.0.0.1:3128", "localhost:3128", "http://me:secret@[::1]:3128/"])("no container reaches a proxy at %s", (proxy) => {
  expect(proxyArgs({ HTTP_PROXY: proxy })).toEqual({});
});

test("a password in the proxy's URL stays secret", async () => {
  const { HTTPS_PROXY } = proxyArgs({ HTTPS_PROXY: "http://me:secret@proxy:3128" });
  expect(await pulumi.isSecret(pulumi.output(HTTPS_PROXY))).toBe(true);
});
