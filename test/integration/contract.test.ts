import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { rankContract } from "../contract/conformance.ts";
import type { Ask } from "../contract/program.ts";
import { promises, READY, ready, service, shell } from "../contract/promises.ts";
import type { Target } from "../contract/target.ts";
import { dockerTarget } from "../support/docker-target.ts";

promises(() => dockerTarget("mlstack-ct"));

let target: Target;
beforeAll(async () => {
  target = await dockerTarget("mlstack-ct-docker");
});
afterEach(async () => {
  await target.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
});
afterAll(() => target.remove());

/** What the provider says it has updated while the container stays as it was; only the engine can tell. */
describe("on Docker", () => {
  const up = async (ask: Ask) => {
    target.stack.configure({ ask: { ...target.platform, ...ask } });
    expect(await target.stack.up()).toMatchObject({ code: 0 });
  };
  const inspect = (name: string) => target.stack.container(name).inspect();

  test.each([
    ["the probe's interval", service(shell(READY), { readiness: ready({ interval: "700ms" }) }), 700_000_000, 10],
    ["the stop grace", service(shell(READY, { stopGrace: "3s" })), 1_000_000_000, 3],
  ])("%s is really changed", async (_, changed, interval, grace) => {
    await up(service());
    await up(changed);
    const { Config } = await inspect("web-0");
    expect([Config.Healthcheck?.Interval, Reflect.get(Config, "StopTimeout")]).toEqual([interval, grace]);
  });

  test("a member is started again at most so many times", async () => {
    await up({ gangs: { ring: { container: shell("exec sleep 600"), size: 2, rendezvousPort: 29500, maxRestarts: 5 } } });
    expect((await inspect("ring-1")).HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 5 });
  });

  test("changed files leave no older copy behind", async () => {
    const ask = (text: string) => ({
      files: { settings: { "a.txt": text } },
      ...service(shell(READY, { mounts: [{ files: "settings", path: "/etc/a" }] })),
    });
    await up(ask("one"));
    await up(ask("two"));
    expect((await target.objects()).filter((name) => name.includes("settings"))).toHaveLength(2);
  });
});

rankContract(() => target);
