import * as pulumi from "@pulumi/pulumi";

import type { Deployed, Existing } from "./existing.ts";
import { RETRY_OF, RUN } from "./labels.ts";

type Annotations = pulumi.Input<Record<string, pulumi.Input<string>> | undefined> | undefined;

/** Key of a job's deadline, in seconds, among its noted annotations. */
const DEADLINE = "deadline";

/** A job of the last deployment as it was when it had succeeded; undefined where none is noted. */
export function succeededRun({ jobs }: Deployed, name: string): Existing | undefined {
  const annotations = jobs.get(name);
  if (annotations === undefined) return undefined;
  const retry = annotations[RETRY_OF] ?? "";
  return {
    metadata: { name, annotations },
    spec: { template: { metadata: { annotations: { [RETRY_OF]: retry } } } },
    status: { conditions: [{ type: "Complete", status: "True" }] },
  };
}

/** Hash of what decided that it ran. */
export function runOf({ metadata }: Existing): string | undefined {
  return metadata.annotations?.[RUN];
}

/** The deadline that it had, in seconds. */
export function deadlineOf(run: Existing | undefined): number | undefined {
  const seconds = run?.metadata.annotations?.[DEADLINE];
  return seconds === undefined ? undefined : Number(seconds);
}

/** Annotations of a job while nothing runs it again: an object that is gone cannot be changed. */
export function standing(
  run: Existing | undefined,
  same: pulumi.Input<boolean>,
  declared: Annotations,
): pulumi.Output<Record<string, string>> {
  const { [RETRY_OF]: _retry, [DEADLINE]: _deadline, ...noted } = run?.metadata.annotations ?? {};
  return pulumi.all([same, pulumi.output(declared)]).apply(([isSame, others = {}]): Record<string, string> => (isSame ? noted : others));
}

/** What a deployment notes of a job that has succeeded. */
export function noteOf(annotations: Annotations, retry: string, deadline: pulumi.Input<number>): pulumi.Output<Record<string, string>> {
  const note = (known: Record<string, string> = {}, seconds: number): Record<string, string> => ({
    ...known,
    [RETRY_OF]: retry,
    [DEADLINE]: String(seconds),
  });
  return pulumi.all([pulumi.output(annotations), deadline]).apply(([known, seconds]) => note(known, seconds));
}
