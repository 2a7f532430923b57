import { afterEach, expect, test, vi } from "vitest";

import { addressMissing } from "../../components/docker/addresses.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});
const HAS = ["127.0.0.1", "192.0.2.5"];

test.each(["127.0.0.1", "127.0.0.9", "192.0.2.5", "0.0.0.0"])("%s is an address of this machine", (address) => {
  expect(addressMissing("publish", address, HAS)).toBeUndefined();
});

test("an address that this machine does not have is refused with those that it has", () => {
  expect(addressMissing("publish.address", "10.9.9.9", HAS)).toEqual({
    path: "publish.address",
    message: 'must be an address of this machine (127.0.0.1, 192.0.2.5), or 0.0.0.0 for all of them, got "10.9.9.9"',
  });
});

test("the addresses of an engine elsewhere are the engine's to know", () => {
  vi.stubEnv("DOCKER_HOST", "tcp://10.9.9.9:2375");
  expect(addressMissing("publish.address", "10.9.9.9", HAS)).toBeUndefined();
});
