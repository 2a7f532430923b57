import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { KubernetesConfigFiles } from "./config-files.ts";
import type { Deployed, Existing } from "./existing.ts";
import { objectNameOf } from "./handles.ts";
import { RETRY_OF } from "./labels.ts";
import { runOf } from "./succeeded.ts";

/**
 * What decides whether a job runs again, besides what its container says.
 *
 * @param last its last run, by its object or by what was noted when that had succeeded · @param retry the failed run that this one repeats
 */
export function runFactsOf({ objects }: Deployed, { mounts }: w.CompleteContainer, last: Existing | undefined, retry: string): w.RunFacts {
  const { metadata, spec } = last?.spec?.template ?? {};
  const had = spec?.volumes?.map(({ configMap }) => configMap?.name);
  // Of an object that is gone, nothing says what it had mounted; what was declared last does.
  const hadFiles = (name: string) => (had === undefined ? objects.has(`ConfigMap/${name}`) : had.includes(name));
  const isSame =
    (metadata?.annotations?.[RETRY_OF] ?? "") === retry && mounts.every((mount) => !("files" in mount) || hadFiles(nameOf(mount.files)));
  return {
    secret: ({ secret, key }) => pulumi.interpolate`${objectNameOf(secret)}/${key}`,
    files: nameOf,
    retry,
    last: last !== undefined && isSame ? runOf(last) : undefined,
  };
}

function nameOf(files: w.ConfigFiles): string {
  return files instanceof KubernetesConfigFiles ? files.content : w.foreignHandle(files);
}
