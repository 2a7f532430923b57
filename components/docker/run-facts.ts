import * as w from "../workload/adapter/index.ts";
import { DockerConfigFiles } from "./config-files.ts";
import { RETRY_LABEL } from "./labels.ts";
import type { ContainerRecord, StackRecord } from "./record.ts";
import { DockerSecret } from "./secret.ts";

/**
 * What decides whether job `name` runs again, besides what its container says.
 *
 * @param before its container as the state has it · @param retry the failed run that this one repeats
 */
export function runFactsOf(
  { jobs }: Pick<StackRecord, "jobs">,
  name: string,
  { mounts }: w.CompleteContainer,
  before: ContainerRecord | undefined,
  retry: string,
): w.RunFacts {
  const had = new Set(before?.mounts.map(({ source }) => source));
  const isSame =
    before !== undefined &&
    (before.labels[RETRY_LABEL] ?? "") === retry &&
    mounts.every((mount) => !("files" in mount) || had.has(nameOf(mount.files)));
  return {
    secret: ({ secret, key }) => (secret instanceof DockerSecret ? (secret.ids[key] ?? "") : w.foreignHandle(secret)),
    files: nameOf,
    retry,
    last: isSame ? jobs.find(({ place }) => place.name === name)?.fingerprint : undefined,
  };
}

function nameOf(files: w.ConfigFiles): string {
  return files instanceof DockerConfigFiles ? files.physicalName : w.foreignHandle(files);
}
