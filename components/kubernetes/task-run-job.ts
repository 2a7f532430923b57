import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import { RunError } from "@pulumi/pulumi/errors.js";

import { runNameOf, type TaskRequest } from "../workload/task-run.ts";
import { escapeVariables } from "./literal.ts";

/** A Job from the declared CronJob, which the cluster removes with it. */
export function runJobOf({ metadata = {}, spec }: V1CronJob, { args, terminal }: Pick<TaskRequest, "args" | "terminal">): V1Job {
  const job = spec?.jobTemplate.spec;
  const [container, ...others] = job?.template.spec?.containers ?? [];
  if (job === undefined || container === undefined)
    throw new RunError(`CronJob "${metadata.name}" is not a task of mlstack; deploy the stack again.`);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: runNameOf(metadata.name ?? ""),
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
              ...(args.length === 0 ? {} : { args: args.map(escapeVariables) }),
              ...(terminal === undefined ? {} : { stdin: true, stdinOnce: true, tty: true }),
            },
            ...others,
          ],
        },
      },
    },
  };
}
