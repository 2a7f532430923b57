import type { Mistake } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterView } from "./existing.ts";

/** A claim that is to be made. */
export interface NewClaim {
  readonly volume: string;
  /** Its class; undefined for the cluster's default. */
  readonly storageClass: string | undefined;
  /** The setting that chooses the class. */
  readonly setting: string;
}

/**
 * Why no storage would ever be made for a new claim: its pods would wait for it without end. A class needs no object of its own
 * where volumes of it were made by hand. Without the right to see classes nothing is known.
 */
export async function storageClassMissing(
  cluster: Pick<Cluster, "find">,
  { storageClasses }: Pick<ClusterView, "storageClasses">,
  { volume, storageClass, setting }: NewClaim,
): Promise<Mistake | undefined> {
  if (storageClasses === undefined) return undefined;
  const path = `volume "${volume}"`;
  const known = [...storageClasses.keys()].join(", ") || "none";
  if (storageClass === undefined) {
    if ([...storageClasses.values()].some(({ isDefault }) => isDefault)) return undefined;
    return { path, message: `the cluster has no default storage class (there are: ${known}); name one in ${setting}` };
  }
  if (storageClasses.has(storageClass)) return undefined;
  const volumes = await cluster.find<{ items: readonly { spec: { storageClassName?: string } }[] }>("/api/v1/persistentvolumes");
  if (volumes === undefined || volumes.items.some(({ spec }) => spec.storageClassName === storageClass)) return undefined;
  return { path, message: `storage class "${storageClass}" is not in the cluster (there are: ${known}); correct ${setting}` };
}
