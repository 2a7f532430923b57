import { randomInt } from "node:crypto";
import { hostname } from "node:os";
import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";

import { Problem } from "../lib/problem.ts";
import type { Wish } from "./ending.ts";
import type { DockerLaunch } from "./launch.ts";

/** `host:pid` of the command that a run belongs to: it ends the run, and a run without it is one that nobody ends. */
export const COMMAND_LABEL = "dev.mlstack.command";

/** Neither vowels, so that no word arises, nor digits, which name replicas. */
const LETTERS = "bcdfghjklmnpqrstvwxz";

/** What is asked of one run. */
type Asked = Pick<Wish, "args" | "interactive">;

/** Name of one more run of what is called `template`. */
function nameOfRun(template: string): string {
  return `${template}-${Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("")}`;
}

/** A container like the one that was declared, which goes when its work has ended. */
export function containerOf(template: ContainerInspectInfo, launch: DockerLaunch, { args, interactive }: Asked): ContainerCreateOptions {
  const { Config, HostConfig, Image } = template;
  return {
    ...(Config as Omit<typeof Config, "Healthcheck">),
    name: nameOfRun(launch.template),
    // The very image, even where its name has come to mean another.
    Image,
    ...(args.length === 0 ? {} : { Cmd: [...args] }),
    Labels: { ...Config.Labels, [COMMAND_LABEL]: `${hostname()}:${process.pid}` },
    AttachStdin: interactive,
    OpenStdin: interactive,
    StdinOnce: interactive,
    Tty: interactive,
    HostConfig: { ...HostConfig, AutoRemove: true, NetworkMode: launch.network },
    // Nobody calls a task: it needs no name that others resolve.
    NetworkingConfig: { EndpointsConfig: { [launch.network]: {} } },
  };
}

/** A Job from the CronJob that was declared, which the cluster removes with it. */
export function jobOf(template: V1CronJob, { args, interactive }: Asked): V1Job {
  const { metadata = {}, spec } = template;
  const job = spec?.jobTemplate.spec;
  const [container, ...others] = job?.template.spec?.containers ?? [];
  if (job === undefined || container === undefined)
    throw new Problem(`CronJob "${metadata.name}" is none of ours; deploy the stack again.`);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: nameOfRun(metadata.name ?? ""),
      namespace: metadata.namespace ?? "",
      labels: spec?.jobTemplate.metadata?.labels ?? {},
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: metadata.name ?? "", uid: metadata.uid ?? "" }],
    },
    spec: {
      ...job,
      template: {
        ...job.template,
        spec: {
          ...job.template.spec,
          containers: [
            {
              ...container,
              // Kubernetes would put variables in the place of `$(NAME)`, and one dollar in the place of two.
              ...(args.length === 0 ? {} : { args: args.map((arg) => arg.replaceAll("$", "$$$$")) }),
              ...(interactive ? { stdin: true, stdinOnce: true, tty: true } : {}),
            },
            ...others,
          ],
        },
      },
    },
  };
}
