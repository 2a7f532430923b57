import type * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { KubernetesObject } from "./noun.ts";

type Handle = w.Volume | w.ConfigFiles | w.Secret;

/** What is wrong with the handles that a container mounts or reads: another platform's, or a key that a secret does not have. */
export function handleMistakes(context: KubernetesContext, { mounts, env }: w.CompleteContainer): w.Mistake[] {
  const foreign = (path: string, handle: Handle) =>
    handle instanceof KubernetesObject && handle.isOf(context)
      ? []
      : [{ path, message: `${handle.kind} "${handle.name}" is not of this platform; declare it on the platform that uses it` }];
  const mounted = mounts.flatMap((mount, index) => {
    if ("hostFolder" in mount) return [];
    return foreign(`container.mounts[${index}]`, "volume" in mount ? mount.volume : mount.files);
  });
  const read = Object.entries(env).flatMap(([name, value]) => {
    if (!w.isReference(value) || value.from !== "secret") return [];
    const { secret, key } = value;
    if (secret.keys.includes(key)) return foreign(`container.env.${name}`, secret);
    const keys = secret.keys.join(", ");
    return [{ path: `container.env.${name}`, message: `secret "${secret.name}" has no key "${key}"; its keys are ${keys}` }];
  });
  return [...mounted, ...read];
}

/** Name of the object behind a handle that was checked before. */
export function objectNameOf(handle: Handle): pulumi.Output<string> {
  if (handle instanceof KubernetesObject) return handle.objectName;
  throw new Error(`unreachable: ${handle.kind} "${handle.name}" was not checked`);
}
