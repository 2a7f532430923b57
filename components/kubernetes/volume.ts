import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import type { Existing } from "./existing.ts";
import { KubernetesObject } from "./noun.ts";
import { metadataOf, NO_WAIT, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";

/** A claim to storage, an object of its own: no change of a workload can touch it. */
export class KubernetesVolume extends KubernetesObject<"volume"> implements w.Volume {
  readonly access: w.Volume["access"];
  readonly objectName: pulumi.Output<string>;
  /** Whether the claim has to be made, and what jobs left in it has to be made again. */
  readonly absent: boolean;

  constructor(context: KubernetesContext, name: string, given: w.VolumeSpec, opts: w.ChildOptions) {
    const owner = { kind: "volume", name };
    const { size, access, keep, ...rest } = w.parse(owner, w.volumeSpec, given);
    w.nothingLeft(rest);
    if (keep && !context.settings.namespace.join && !context.settings.namespace.keep) w.refuse(owner, [lostWithNamespace()]);
    super(context, "volume", name, opts);

    this.access = access;
    const { oneNode, manyNodes } = context.settings.storageClasses;
    const wanted = {
      size,
      accessMode: access === "many-nodes" ? "ReadWriteMany" : "ReadWriteOnce",
      storageClass: access === "many-nodes" ? manyNodes : oneNode,
    };
    const object = new DeclaredObject(context, this, "PersistentVolumeClaim", name);
    const { existing } = object;
    this.absent = object.absent;
    context.admission.require(beingDeleted(context, name));
    if (existing === undefined) {
      const setting = `platform.storageClasses.${access === "many-nodes" ? "manyNodes" : "oneNode"}`;
      context.admission.require(context.checks.storageClass({ volume: name, storageClass: wanted.storageClass, setting }));
    }
    if (existing !== undefined) for (const mistake of claimMistakes(context, name, existing, wanted)) context.admission.require(mistake);
    new k8s.PersistentVolumeClaim(
      name,
      // A class may bind only when the first pod comes: a pod that mounts it waits, and reports it when it cannot.
      object.inputs(metadataOf(context, name, name, NO_WAIT), {
        spec: {
          accessModes: [wanted.accessMode],
          resources: { requests: { storage: size } },
          ...(wanted.storageClass === undefined ? {} : { storageClassName: wanted.storageClass }),
        },
      }),
      {
        ...optionsOf(context, this),
        ...object.options(),
        retainOnDelete: keep,
        // The provider would replace the claim for these, and with it the data; what differs is refused instead.
        ignoreChanges: ["spec.accessModes", "spec.storageClassName"],
      },
    );
    this.objectName = pulumi.output(name);
    this.registerOutputs({});
  }
}

/** Whether a container mounts a volume whose claim has to be made: it begins with nothing. */
export function mountsNothingYet({ mounts }: w.CompleteContainer): boolean {
  return mounts.some((mount) => "volume" in mount && mount.volume instanceof KubernetesVolume && mount.volume.absent);
}

interface Wanted {
  readonly size: w.Memory;
  readonly accessMode: string;
  readonly storageClass: string | undefined;
}

/** Why an existing claim cannot become what is wanted. */
function claimMistakes({ view, namespaceName }: KubernetesContext, name: string, existing: Existing, wanted: Wanted): w.Mistake[] {
  const { accessModes = [], storageClassName, resources, volumeName } = existing.spec ?? {};
  const mistakes: w.Mistake[] = [];
  const why =
    volumeName === undefined
      ? `it has no volume yet, and no data: \`kubectl --namespace ${namespaceName} delete persistentvolumeclaim ${name}\`, and deploy again`
      : "a claim cannot be changed so, and a new one would be without its data";
  const refuse = (what: string, message: string) => mistakes.push({ path: `volume "${name}": ${what}`, message: `${message}; ${why}` });
  if (!accessModes.includes(wanted.accessMode)) refuse("access", `was created with ${accessModes.join(", ")}, got ${wanted.accessMode}`);
  if (wanted.storageClass !== undefined && wanted.storageClass !== storageClassName)
    refuse("storage class", `was created with "${storageClassName}", got "${wanted.storageClass}"`);
  const size = resources?.requests?.storage;
  if (size !== undefined && w.isMemory(size)) {
    const growth = w.toBytes(wanted.size) - w.toBytes(size);
    const grows = view.storageClasses?.get(storageClassName ?? "")?.grows ?? true;
    if (growth < 0) refuse("size", `is ${size} and cannot shrink to ${wanted.size}`);
    if (growth > 0 && !grows) refuse("size", `is ${size}, and storage class "${storageClassName}" lets no volume grow`);
  }
  return mistakes;
}

/** A claim that is being deleted is gone, with its data, as soon as no pod mounts it; nothing can keep it. */
function beingDeleted({ view, namespaceName }: KubernetesContext, name: string): w.Mistake | undefined {
  if (view.objects.get(`PersistentVolumeClaim/${name}`)?.metadata.deletionTimestamp === undefined) return undefined;
  const message = [
    `is being deleted by hand, and is gone with its data when no pod mounts it any more, finished ones included`,
    `copy what is needed (\`kubectl --namespace ${namespaceName} cp\`), delete those pods, and deploy again when the claim is gone`,
  ].join("; ");
  return { path: `volume "${name}"`, message };
}

function lostWithNamespace(): w.Mistake {
  const remedy = "set platform.namespace.keep or platform.namespace.join to true, or keep to false";
  return w.unsupported("keep", "Kubernetes in a namespace that goes with the stack", remedy);
}
