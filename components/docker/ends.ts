import type Docker from "dockerode";

import { type End, endText, oneLine } from "../workload/adapter/index.ts";

type Ended = Pick<Docker.ContainerInspectInfo, "State" | "HostConfig">;

/** How a container ended last. @param setting that gives its memory limit */
export function endOf({ State, HostConfig }: Ended, setting: string): End {
  const limit = `${Math.floor((HostConfig.Memory ?? 0) / 1024 ** 2)}Mi`;
  return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled ? { limit, setting } : undefined };
}

/** The same as the end of a sentence, or why it could not even begin. */
export function howItEnded(container: Ended): string {
  const { Error: cause } = container.State;
  return cause === "" ? endText(endOf(container, ""), "ended") : `cannot be started (${oneLine(cause)})`;
}
