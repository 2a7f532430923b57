import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test, vi } from "vitest";

import { limitFindings } from "../../components/docker/examination.ts";
import { isRootless, unheldLimits } from "../../components/docker/rootless.ts";
import { onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

/** What engines say of themselves: one with all rights, and a rootless one on control groups of version 1. */
const FULL = { MemoryLimit: true, CpuCfsQuota: true, SecurityOptions: ["name=seccomp,profile=default"] };
const ROOTLESS = { MemoryLimit: false, CpuCfsQuota: false, SecurityOptions: ["name=seccomp,profile=default", "name=rootless"] };

test("an engine that enforces no limits is known by its own words, rootless or not", () => {
  expect([isRootless(FULL), isRootless(ROOTLESS), isRootless({ SecurityOptions: null }), isRootless({})]).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(unheldLimits(FULL)).toBeUndefined();
  expect(unheldLimits({})).toBeUndefined();
  expect(unheldLimits(ROOTLESS)?.text).toContain("holds no container to its limits of memory and processors");
  expect(unheldLimits({ ...FULL, CpuCfsQuota: false })?.text).toContain("its limits of processors:");
  expect(limitFindings(FULL)).toEqual([]);
  expect(limitFindings(ROOTLESS)).toEqual([
    { subject: "limits", state: "remark", text: expect.any(String), remedy: expect.stringContaining("version 2") },
  ]);
});

describe("a preview", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });
  const container = { image: "a", hosts: { db: "host", other: "10.0.0.7" }, resources: { lockedMemory: "unlimited" as const } };
  const said = async (rootless: boolean, port: number) => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const spec = aServiceSpec({ container, publish: { port, address: "127.0.0.1" } });
    await onDocker(engine, (platform, opts) => platform.service("web", spec, opts), { rootless });
    const lines = warn.mock.calls.map(([line]) => line);
    warn.mockRestore();
    return lines;
  };

  test("names what a rootless engine cannot do, once", async () => {
    expect(await said(true, 80)).toEqual([
      expect.stringContaining('service "web": publish: a rootless engine opens port 80 only where its user may'),
      expect.stringContaining('"web": hosts.db: on a rootless engine "host" is the engine\'s own network'),
      expect.stringContaining('"web": resources.lockedMemory: a rootless engine raises no limit over its user\'s own'),
    ]);
    expect(await said(true, 1024)).toHaveLength(2);
  });

  test("says nothing of that on another", async () => {
    expect(await said(false, 80)).toEqual([]);
  });
});
