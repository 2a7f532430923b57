import { beforeAll, describe, expect, test, vi } from "vitest";

import type { DockerPlatform } from "../../components/docker/platform.ts";
import type { DockerSettings } from "../../components/docker/settings.ts";
import type { LogsSpec, Service } from "../../components/workload/index.ts";
import { aRecord, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const collector: LogsSpec["collector"] = { container: { image: "m:1" }, port: 9429, readiness: { kind: "tcp", port: 9429 } };
const CACHE = { mode: "non-blocking", "max-buffer-size": "4m", "cache-max-size": "10m", "cache-max-file": "3" };

function collecting(
  platform: DockerPlatform,
  opts: Parameters<DockerPlatform["service"]>[2],
  changes: object = { localPort: 9428 },
): Service {
  platform.service("api", aServiceSpec(), opts);
  const logs = platform.service("logs", aServiceSpec({ port: 9428, ...changes }), opts);
  platform.collectLogs("collector", { into: logs, collector });
  platform.gang("trainer", aGangSpec({ size: 1 }), opts);
  return logs;
}

const logging = (name: string) => {
  const { logDriver, logOpts } = engine.inputs(CONTAINER, name);
  return { logDriver, logOpts };
};

describe("lines of containers", () => {
  test("are kept by the engine alone unless they are collected", async () => {
    await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts));
    expect(logging("api-0")).toEqual({ logDriver: "json-file", logOpts: { "max-size": "10m", "max-file": "3" } });
  });

  test("go to the store with part, replica and stack, also of what was declared before it, and no container waits for it", async () => {
    await onDocker(engine, collecting);
    const sent = (part: string, replica: string) => ({
      logDriver: "splunk",
      logOpts: {
        ...CACHE,
        "splunk-url": "http://127.0.0.1:9428",
        "splunk-token": "none",
        "splunk-verify-connection": "false",
        tag: "",
        "splunk-source": replica,
        "splunk-sourcetype": part,
        "splunk-index": "shop/test",
      },
    });
    expect([logging("api-0"), logging("trainer-0")]).toEqual([sent("api", "api-0"), sent("trainer", "trainer-0")]);
  });

  test("of the store itself are not sent to itself", async () => {
    await onDocker(engine, collecting);
    expect(logging("logs-0").logDriver).toBe("json-file");
  });

  test("go to a collector of one's own by UDP", async () => {
    await onDocker(
      engine,
      (platform, opts) => platform.service("api", aServiceSpec(), opts),
      {},
      { logs: { syslog: "udp://10.2.0.7:514" } },
    );
    expect(logging("api-0")).toEqual({
      logDriver: "syslog",
      logOpts: { ...CACHE, "syslog-address": "udp://10.2.0.7:514", "syslog-format": "rfc5424micro", tag: "shop/test/api/api-0" },
    });
  });
});

test("work that is done is not done again for another place of its lines", async () => {
  const before = aRecord({
    place: { types: ["mlstack:docker:Platform", "mlstack:docker:Job", CONTAINER], name: "load" },
    name: "shop-load",
    exitCode: 0,
    logDriver: "json-file",
    logOpts: { "max-size": "10m" },
  });
  const run = async (fingerprint: string) => {
    const jobs = [{ fingerprint, place: { types: ["mlstack:docker:Platform", "mlstack:docker:Job"], name: "load" } }];
    let found = "";
    await onDocker(
      engine,
      (platform, opts) => {
        collecting(platform, opts);
        platform.job("load", aJobSpec(), opts).fingerprint.apply((known) => {
          found = known;
        });
      },
      {},
      {},
      undefined,
      { containers: [before], jobs },
    );
    return found;
  };
  const fingerprint = await run("another");
  expect(logging("load").logDriver).toBe("splunk");
  await run(fingerprint);
  expect(logging("load")).toEqual({ logDriver: "json-file", logOpts: { "max-size": "10m" } });
});

test("says once that containers are made again", async () => {
  const { log } = await import("@pulumi/pulumi");
  const said = vi.spyOn(log, "info").mockResolvedValue();
  const containers = [aRecord({ logDriver: "json-file" }), aRecord({ logDriver: "json-file", name: "shop-api-1" })];
  await onDocker(engine, collecting, {}, {}, undefined, { containers });
  expect(said.mock.calls.filter(([text]) => text.includes("logs go to logs from now on"))).toHaveLength(1);
  said.mockRestore();
});

test.each([
  [
    "where they go elsewhere already",
    { logs: { syslog: "udp://10.2.0.7:514" } },
    { localPort: 9428 },
    "a container's lines go to one place",
  ],
  ["without a port of this machine", {}, {}, "localPort: is required"],
] as [string, DockerSettings, object, string][])("refuses to collect them %s", async (_, settings, changes, message) => {
  await expect(onDocker(engine, (platform, opts) => collecting(platform, opts, changes), {}, settings)).rejects.toThrow(message);
});

test("refuses a collector by TCP, which would keep containers from starting", async () => {
  const settings = { logs: { syslog: "tcp://10.2.0.7:514" } };
  await expect(onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts), {}, settings)).rejects.toThrow(
    'logs.syslog: must be udp://host:port, such as "udp://10.2.0.7:514": by TCP no container would start while the collector is away, got "tcp://10.2.0.7:514"',
  );
});
