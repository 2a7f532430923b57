import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";

import { type DockerLaunch, runNameOf, type TaskRequest } from "../workload/task-run.ts";
import { COMMAND_LABEL } from "./labels.ts";

/** A container like the declared one, which the engine removes when its work has ended. */
export function runContainerOf(
  { Config, HostConfig, Image }: ContainerInspectInfo,
  { template, network }: DockerLaunch,
  { args, terminal, owner }: Pick<TaskRequest, "args" | "terminal" | "owner">,
): ContainerCreateOptions {
  // The image brings its own health check again.
  const { Healthcheck: _ofTheImage, ...declared } = Config;
  const interactive = terminal !== undefined;
  return {
    ...declared,
    name: runNameOf(template),
    // The very image, even where its name has come to mean another.
    Image,
    ...(args.length === 0 ? {} : { Cmd: [...args] }),
    Labels: { ...Config.Labels, [COMMAND_LABEL]: owner.id },
    AttachStdin: interactive,
    OpenStdin: interactive,
    StdinOnce: interactive,
    Tty: interactive,
    HostConfig: { ...HostConfig, AutoRemove: true, NetworkMode: network },
    // No workload calls a task: it needs no name that others resolve.
    NetworkingConfig: { EndpointsConfig: { [network]: {} } },
  };
}
