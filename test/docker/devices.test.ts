import { expect, test } from "vitest";

import { DeviceLedger } from "../../components/docker/devices.ts";
import { EMPTY_ENGINE } from "../../components/docker/engine.ts";

const withGpus = { ...EMPTY_ENGINE, runtimes: ["runc", "nvidia"] };
const count = (amount: number) => ({ vendor: "nvidia" as const, count: amount });
const devices = (...ids: string[]) => ({ vendor: "nvidia" as const, devices: ids });

test("allots the lowest free devices over the whole stack", () => {
  const ledger = new DeviceLedger(withGpus);
  expect(ledger.claim("api-0", devices("1"))).toEqual(["1"]);
  expect(ledger.claim("trainer-0", count(1))).toEqual(["0"]);
  expect(ledger.claim("trainer-1", count(2))).toEqual(["2", "3"]);
  expect(ledger.claim("redis-0", undefined)).toEqual([]);
});

test("refuses a second claim on one device and names both", () => {
  const ledger = new DeviceLedger(withGpus);
  ledger.claim("api-0", devices("0"));
  expect(ledger.claim("cats-0", devices("1", "0"))).toEqual({
    path: "cats-0: accelerator",
    message: 'device "0" is claimed by api-0 already; a device serves one container',
  });
});

test("refuses a device where the engine can give none, with a remedy", () => {
  expect(new DeviceLedger(EMPTY_ENGINE).claim("api-0", count(1))).toEqual({
    path: "api-0: accelerator",
    message:
      "not available on this Docker engine, which has no NVIDIA runtime; install nvidia-container-toolkit, or leave the accelerator out to run on CPU",
  });
});
