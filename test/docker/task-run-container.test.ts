import type { ContainerInspectInfo } from "dockerode";
import { describe, expect, test } from "vitest";

import { runContainerOf } from "../../components/docker/task-run-container.ts";
import type { DockerLaunch } from "../../components/workload/task-run.ts";
import { A_TERMINAL, aTaskRequest } from "../support/task-request.ts";

const launch: DockerLaunch = {
  platform: "docker",
  name: "train",
  template: "mlstack-dev-train",
  network: "mlstack-dev-network",
  interactive: false,
  deadline: 60,
  stopGrace: 10,
};

describe("a copy of the container", () => {
  const template = {
    Name: "/mlstack-dev-train",
    Image: "sha256:0a",
    Config: { Image: "shop:1", Env: ["KEY=hunter2"], Cmd: ["--all"], Entrypoint: ["train"], User: "1:1", Labels: { a: "b" }, Tty: false },
    HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], NetworkMode: "bridge", Memory: 5, Mounts: [] },
  } as unknown as ContainerInspectInfo;

  test("has all that it has, its very image, and goes by itself", () => {
    const copy = runContainerOf(template, launch, aTaskRequest().request);
    expect(copy).toMatchObject({
      ...template.Config,
      Image: "sha256:0a",
      Labels: { a: "b", "dev.mlstack.command": "here:1" },
      HostConfig: { ...template.HostConfig, AutoRemove: true, NetworkMode: "mlstack-dev-network" },
      NetworkingConfig: { EndpointsConfig: { "mlstack-dev-network": {} } },
    });
    expect(copy.name).toMatch(/^mlstack-dev-train-[a-z]{5}$/);
    expect(runContainerOf(template, launch, aTaskRequest().request).name).not.toBe(copy.name);
  });

  test("has other arguments, and a terminal, where they are asked for", () => {
    const copy = runContainerOf(template, launch, aTaskRequest({ args: ["--epochs", "3"], terminal: A_TERMINAL }).request);
    expect(copy).toMatchObject({ Entrypoint: ["train"], Cmd: ["--epochs", "3"], Tty: true, OpenStdin: true, StdinOnce: true });
  });
});
