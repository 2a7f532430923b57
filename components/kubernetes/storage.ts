import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { labelsOf } from "./labels.ts";
import { named, options, standing } from "./objects.ts";
import * as k8s from "./provider.ts";

/** A claim to storage, an object of its own: no change of a workload can touch it. */
export class KubernetesVolume extends pulumi.ComponentResource implements w.Volume {
  readonly kind = "volume";
  readonly name: string;
  readonly access: w.Volume["access"];
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.VolumeSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Volume", name, {}, opts);
    this.name = name;
    this.resource = this;
    const owner = { kind: "volume", name, resource: this };
    const { size, access, keep, ...rest } = w.parse(owner, w.volumeSpec, given);
    w.nothingLeft(rest);
    this.access = access;
    if (keep && !context.settings.namespace.join && !context.settings.namespace.keep) w.refuse(owner, [lostWithNamespace()]);

    const { oneNode, manyNodes } = context.settings.storageClasses;
    const wanted = {
      size,
      accessMode: access === "many-nodes" ? "ReadWriteMany" : "ReadWriteOnce",
      storageClass: access === "many-nodes" ? manyNodes : oneNode,
    };
    for (const mistake of changed(context, name, wanted)) context.admission.require(mistake);
    const claim = new k8s.PersistentVolumeClaim(
      name,
      {
        // A class may bind only when the first pod comes: whoever mounts it waits, and says so when it cannot.
        metadata: named(context, name, name, { "pulumi.com/skipAwait": "true" }),
        spec: {
          accessModes: [wanted.accessMode],
          resources: { requests: { storage: size } },
          ...(wanted.storageClass === undefined ? {} : { storageClassName: wanted.storageClass }),
        },
      },
      {
        ...options(context, this),
        retainOnDelete: keep,
        // The provider would replace the claim for these, and with it the data; what differs is refused instead.
        ignoreChanges: ["spec.accessModes", "spec.storageClassName"],
      },
    );
    context.objects.set(this, nameOf(claim));
    this.registerOutputs({});
  }
}

/** Plain files as a ConfigMap whose name follows from their content: a changed file is another map, and renews who mounts it. */
export class KubernetesConfigFiles extends pulumi.ComponentResource implements w.ConfigFiles {
  readonly kind = "configFiles";
  readonly name: string;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.ConfigFilesSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:ConfigFiles", name, {}, opts);
    this.name = name;
    this.resource = this;
    const { files, ...rest } = w.parse({ kind: "configFiles", name, resource: this }, w.configFilesSpec, given);
    w.nothingLeft(rest);

    const content = w.childName(name, hashOf(files));
    standing(context, "ConfigMap", content);
    const map = new k8s.ConfigMap(
      content,
      { metadata: named(context, content, name), data: files, immutable: true },
      options(context, this),
    );
    context.objects.set(this, nameOf(map));
    this.registerOutputs({});
  }
}

/**
 * Secret values, which stand nowhere else. The provider names the object by chance: a changed value is another object,
 * and renews who reads it, without anything about the value showing in a name.
 */
export class KubernetesSecret extends pulumi.ComponentResource implements w.Secret {
  readonly kind = "secret";
  readonly name: string;
  readonly keys: readonly string[];
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.SecretSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Secret", name, {}, opts);
    this.name = name;
    this.resource = this;
    const { values, ...rest } = w.parse({ kind: "secret", name, resource: this }, w.secretSpec, given);
    w.nothingLeft(rest);

    this.keys = Object.keys(values);
    const secret = new k8s.Secret(
      name,
      {
        metadata: { namespace: context.namespace, labels: labelsOf(context.stack, name) },
        stringData: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pulumi.secret(value)])),
        immutable: true,
      },
      options(context, this),
    );
    context.objects.set(this, nameOf(secret));
    this.registerOutputs({});
  }
}

/** Why a workload cannot mount folders of a node. */
export function hostFolderMistakes(workload: string, mounts: readonly w.CompleteMount[]): w.Mistake[] {
  const remedy = "let a job put the files into a volume, or build them into the image";
  const target = 'Kubernetes, whose Pod Security "restricted" forbids folders of a node';
  return mounts.flatMap((mount, index) =>
    "hostFolder" in mount ? [w.unsupported(`"${workload}": mounts[${index}].hostFolder`, target, remedy)] : [],
  );
}

/** Name of an object, known once it exists. */
export function nameOf({ metadata }: { metadata: pulumi.Output<{ name?: string }> }): pulumi.Output<string> {
  return metadata.apply(({ name = "" }) => name);
}

interface Wanted {
  readonly size: w.Memory;
  readonly accessMode: string;
  readonly storageClass: string | undefined;
}

/** What a claim that stands cannot become. */
function changed(context: KubernetesContext, name: string, wanted: Wanted): w.Mistake[] {
  const found = standing(context, "PersistentVolumeClaim", name);
  if (found === undefined) return [];
  const { accessModes = [], storageClassName, resources } = (found.spec ?? {}) as ClaimSpec;
  const mistakes: w.Mistake[] = [];
  const refuse = (what: string, message: string) =>
    mistakes.push({
      path: `volume "${name}": ${what}`,
      message: `${message}; a claim cannot be changed so, and a new one would be without its data`,
    });
  if (!accessModes.includes(wanted.accessMode)) refuse("access", `was made with ${accessModes.join(", ")}, got ${wanted.accessMode}`);
  if (wanted.storageClass !== undefined && wanted.storageClass !== storageClassName)
    refuse("storage class", `was made with "${storageClassName}", got "${wanted.storageClass}"`);
  const stands = resources?.requests?.storage;
  if (stands !== undefined && w.isMemory(stands)) {
    const growth = w.toBytes(wanted.size) - w.toBytes(stands);
    const grows = context.view.storageClasses?.get(storageClassName ?? "")?.grows ?? true;
    if (growth < 0) refuse("size", `stands at ${stands} and cannot shrink to ${wanted.size}`);
    if (growth > 0 && !grows) refuse("size", `stands at ${stands}, and storage class "${storageClassName}" lets no volume grow`);
  }
  return mistakes;
}

interface ClaimSpec {
  readonly accessModes?: readonly string[];
  readonly storageClassName?: string;
  readonly resources?: { readonly requests?: { readonly storage?: string } };
}

function lostWithNamespace(): w.Mistake {
  const remedy = "set platform.namespace.keep or platform.namespace.join to true, or keep to false";
  return w.unsupported("keep", "Kubernetes in a namespace that goes with the stack", remedy);
}

function hashOf(files: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(files).sort()))
    .digest("hex")
    .slice(0, 8);
}
