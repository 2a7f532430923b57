import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

import { addressOf, type ContainerSpec, secretValue, type Task } from "../../components/workload/index.ts";
import { launchOf } from "../../tools/tasks/launch.ts";
import { aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

const CONTAINER = "docker:index/container:Container";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** Asks for a task and a job of the same container, all of whose settings are other than the defaults. */
async function both(changes = {}): Promise<{ task: Record<string, unknown>; job: Record<string, unknown>; launch: string }> {
  let task: Task | undefined;
  await engine.run(() => {
    const platform = aDockerPlatform();
    const opts: { parent: pulumi.Resource } = { parent: platform };
    const secret = platform.secret("login", { values: { password: "hunter2" } }, opts);
    const volume = platform.volume("data", {}, opts);
    const web = platform.service("web", aServiceSpec(), opts);
    const container: ContainerSpec = {
      image: "shop:1",
      command: ["train"],
      args: ["--all"],
      env: { KEY: secretValue(secret, "password"), WEB: addressOf(web) },
      mounts: [{ volume, path: "/data" }],
      resources: { cpu: 2, memory: "2Gi", processes: 100, reservation: { cpu: 1, memory: "1Gi" } },
      user: { uid: 7, gid: 8 },
      scratch: { "/work": "1Mi" },
      sharedMemory: "2Mi",
      stopGrace: "7s",
    };
    task = platform.task("train", aTaskSpec({ container, ...changes }), opts);
    platform.job("load", aJobSpec({ container }), opts);
  });
  const launch = await new Promise<string>((resolve) => task?.launch.apply(resolve));
  return { task: engine.inputs(CONTAINER, "train"), job: engine.inputs(CONTAINER, "load"), launch };
}

test("is a container like any other, limits and hardening included, that is created and never started", async () => {
  const { task, job } = await both();
  const own = ["name", "hostname", "networksAdvanced", "labels"];
  const { attach: _waitedFor, ...expected } = job;
  expect({ ...task, ...Object.fromEntries(own.map((key) => [key, expected[key]])) }).toEqual({ ...expected, start: false });
  expect(task).toMatchObject({ name: "shop-train", start: false, mustRun: false, restart: "no", readOnly: true });
});

test("describes how it is started, without a secret", async () => {
  const { launch } = await both({ deadline: "2h", interactive: true });
  expect(launchOf({ tasks: { train: launch } }, "train", "dev")).toEqual({
    platform: "docker",
    name: "train",
    template: "shop-train",
    network: "shop-network",
    interactive: true,
    deadline: 7200,
    stopGrace: 7,
  });
  expect(launch).not.toContain("hunter2");
});

test("has a terminal when it is interactive", async () => {
  expect((await both({ interactive: true })).task).toMatchObject({ tty: true, stdinOpen: true });
  expect((await both()).task).not.toHaveProperty("tty");
});

test("takes a workload's name", async () => {
  const ask = engine.run(() => {
    const platform = aDockerPlatform();
    for (const _ of [1, 2]) platform.task("train", aTaskSpec(), { parent: platform });
  });
  await expect(ask).rejects.toThrow('"train" is taken by another workload of this stack');
});
