import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test, vi } from "vitest";

import { freeSpace, fullDisk } from "../../components/docker/disk.ts";
import { Engine } from "../../components/docker/engine.ts";
import { hooksFor } from "../../components/docker/hooks.ts";
import { Ownership } from "../../components/docker/owner.ts";
import { EMPTY_RECORD } from "../../components/docker/record.ts";
import { CONTAINER, NETWORK, onDocker, VOLUME } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";

const MIB = 1024 ** 2;
const folder = "/var/lib/docker";
const WORDS = "Unable to create container: write /var/lib/docker/containers/1a/hostconfig.json: no space left on device";
const BUILD = "Error running buildx build: failed to solve: exit code: 1";

test("a failure in the engine's words for a full disk says what to do", () => {
  expect(fullDisk([WORDS], { folder, free: 40 * MIB })).toBe(
    "the Docker engine's disk is full (/var/lib/docker, 40 MiB free): it could not write all that this deployment makes\n  Make room (`docker system df` says what takes it, `docker image prune` removes images that no tag names), then deploy again.",
  );
  expect(fullDisk(["x", WORDS], { folder, free: undefined })).toContain("is full (/var/lib/docker): ");
});

test("a build, whose own words do not come here, failed for the disk where nothing is left of it", () => {
  expect(fullDisk([BUILD], { folder, free: 0 })).toContain("0 MiB free");
  for (const free of [undefined, 16 * MIB]) expect(fullDisk([BUILD], { folder, free })).toBeUndefined();
});

test("a folder that this machine does not have says nothing of its space", async () => {
  expect(await freeSpace("/no/such/folder")).toBeUndefined();
  expect(await freeSpace("/")).toBeGreaterThan(0);
});

describe("a deployment", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });

  test("says it once, and tries nothing again by itself", async () => {
    const error = vi.spyOn(pulumi.log, "error").mockResolvedValue();
    const docker = new Engine();
    const disk = vi.spyOn(docker, "disk").mockResolvedValue({ folder, free: 0 });
    await engine.run(async () => {
      const { callback } = hooksFor(docker, new Ownership("shop/test", EMPTY_RECORD, "an-id"), new Map()).whyItFailed;
      const failed = { urn: "", id: "", name: "api", type: "", failedOperation: "create", errors: [BUILD] };
      expect([await callback(failed), await callback(failed)]).toEqual([false, false]);
      disk.mockRejectedValue(new Error("the engine does not answer"));
      expect(await callback(failed)).toBe(false);
    });
    expect(error.mock.calls).toHaveLength(1);
  });

  test("asks for it where anything fails that the engine writes", async () => {
    await onDocker(engine, (platform, opts) => {
      platform.volume("data", { size: "1Gi" }, opts);
      const image = platform.image("api", { reference: pulumi.output("api:1") }, opts).reference;
      platform.service(
        "api",
        {
          container: { image, command: ["api"], resources: { cpu: 0.1, memory: "256Mi" } },
          port: 80,
          readiness: { kind: "tcp", port: 80 },
        },
        opts,
      );
    });
    const made = engine.registrations.filter((one) => one.startsWith("docker:"));
    expect(new Set(made.map((one) => one.split(" ")[0]))).toEqual(
      new Set([CONTAINER, NETWORK, VOLUME, "docker:index/remoteImage:RemoteImage"]),
    );
    for (const one of made) {
      const [type = "", name = ""] = one.split(" ");
      expect(engine.options(type, name).onError, one).toEqual(["mlstack-why-it-failed"]);
    }
  });
});
