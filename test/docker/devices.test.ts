import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { DeviceLedger } from "../../components/docker/devices.ts";
import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { gpusOf } from "../../components/docker/gpus.ts";
import { CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

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

test("lends devices that are not claimed, and the same to several", () => {
  const ledger = new DeviceLedger(withGpus);
  ledger.claim("api-0", devices("0"));
  expect(ledger.lend("train", count(1))).toEqual(["1"]);
  expect(ledger.lend("tune", count(1))).toEqual(["1"]);
  expect(ledger.lend("dev", devices("0"))).toMatchObject({ message: expect.stringContaining('device "0" is claimed by api-0') });
});

test.each([
  ["by its id", devices("1", "4"), "4"],
  ["by their number", count(3), "2"],
])("refuses more devices than the host has, %s", (_, wanted, absent) => {
  expect(new DeviceLedger({ ...withGpus, gpus: 2 }).claim("api-0", wanted)).toEqual({
    path: "api-0: accelerator",
    message: `device "${absent}" does not exist: this host has 2, and a device serves one container; ask for fewer, or run fewer containers`,
  });
});

test("leaves devices that are named in another way, or whose number is not known, to the engine", () => {
  expect(new DeviceLedger({ ...withGpus, gpus: 2 }).claim("api-0", devices("GPU-5a1c"))).toEqual(["GPU-5a1c"]);
  expect(new DeviceLedger(withGpus).claim("api-0", devices("7"))).toEqual(["7"]);
});

test("counts devices by the driver, else by what the engine has discovered", () => {
  const info = {
    DiscoveredDevices: ["nvidia.com/gpu=0", "nvidia.com/gpu=1", "nvidia.com/gpu=GPU-5a1c", "nvidia.com/gpu=all"].map((ID) => ({ ID })),
  };
  expect(gpusOf(info, "/nowhere")).toBe(2);
  expect(gpusOf({}, "/nowhere")).toBeUndefined();
  const driver = mkdtempSync(join(tmpdir(), "mlstack-gpus-"));
  try {
    for (const id of ["0000:07:00.0", "0000:0b:00.0", "0000:0f:00.0"]) mkdirSync(join(driver, id));
    expect(gpusOf(info, driver)).toBe(3);
  } finally {
    rmSync(driver, { recursive: true });
  }
});

test("refuses a device where the engine can give none, with a remedy", () => {
  expect(new DeviceLedger(EMPTY_ENGINE).claim("api-0", count(1))).toEqual({
    path: "api-0: accelerator",
    message:
      "not available on this Docker engine, which has no NVIDIA runtime; install nvidia-container-toolkit, or leave the accelerator out to run on CPU",
  });
});

describe("every kind of workload claims its devices", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });

  /** A service, a job and a gang, each with the device of its id. */
  const ask = (...ids: [string, string, string]) =>
    onDocker(
      engine,
      (platform, opts) => {
        const [one, two, three] = ids.map((id) => ({ placement: { accelerator: devices(id) } }));
        platform.service("cats", aServiceSpec(one), opts);
        platform.job("train", aJobSpec(two), opts);
        platform.gang("ring", aGangSpec({ size: 1, ...three }), opts);
      },
      withGpus,
    );

  test("and is given them", async () => {
    await ask("0", "1", "2");
    const given = [...engine.of(CONTAINER)].map(([name, { gpus }]) => [name, gpus]);
    expect(Object.fromEntries(given)).toEqual({ "cats-0": "device=0", train: "device=1", "ring-0": "device=2" });
  });

  test("but a task, which is lent those that no other workload has, declared before it or after", async () => {
    await onDocker(
      engine,
      (platform, opts) => {
        const placement = { accelerator: count(1) };
        platform.task("train", aTaskSpec({ placement }), opts);
        platform.service("cats", aServiceSpec({ placement }), opts);
        platform.task("tune", aTaskSpec({ placement }), opts);
      },
      withGpus,
    );
    const given = [...engine.of(CONTAINER)].map(([name, { gpus }]) => [name, gpus]);
    expect(Object.fromEntries(given)).toEqual({ train: "device=1", "cats-0": "device=0", tune: "device=1" });
  });

  test("and a task that names another workload's is refused", async () => {
    const ask = onDocker(
      engine,
      (platform, opts) => {
        platform.task("train", aTaskSpec({ placement: { accelerator: devices("0") } }), opts);
        platform.service("cats", aServiceSpec({ placement: { accelerator: devices("0") } }), opts);
      },
      withGpus,
    );
    await expect(ask).rejects.toThrow('train: accelerator: device "0" is claimed by cats-0 already');
  });

  test("and both are named where two claim one", async () => {
    await expect(ask("0", "0", "0")).rejects.toHaveProperty(
      "message",
      [
        "Docker: 2 obstacles; nothing was changed",
        '  train: accelerator: device "0" is claimed by cats-0 already; a device serves one container',
        '  ring-0: accelerator: device "0" is claimed by cats-0 already; a device serves one container',
      ].join("\n"),
    );
  });
});
