import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { mustRun } from "../tools/lib/run.ts";
import { imagesIn, type Manifest, manifestsOf, writeManifests } from "./manifests.ts";
import { type Cost, timed } from "./measure.ts";
import type { Environment, Registered } from "./project.ts";

/**
 * Workloads that come after others, as the components order them; all that is not named comes first. Without an order the
 * stack does not come up: the loader finds no features, fails, and is not tried again.
 */
const STEPS = [["loader"], ["api"], ["gateway"]] as const;
const LIMIT = "--timeout=300s";

/** The dev stack without Pulumi: its objects in files, and kubectl. */
export class KubectlStack {
  private readonly namespace: string;
  private readonly home: string;
  private readonly env: Environment;
  private manifests: readonly Manifest[] = [];

  constructor(namespace: string, home: string, env: Environment) {
    this.namespace = namespace;
    this.home = home;
    this.env = env;
  }

  run(...args: string[]): Promise<string> {
    return mustRun("bench", "kubectl", args, { env: this.env });
  }

  /** Takes over the objects of a stack that exists; returns the image of each workload. */
  take(resources: readonly Registered[]): ReadonlyMap<string, string> {
    this.manifests = manifestsOf(resources);
    return imagesIn(this.manifests);
  }

  /** What has to wait for something is applied once that is there. */
  up(): Promise<Cost> {
    const of = (names: readonly string[]) => this.manifests.filter((one) => isWorkload(one) && names.includes(one.metadata.name));
    const later = STEPS.map(of);
    const first = this.manifests.filter((one) => !later.flat().includes(one));
    return timed(async () => {
      for (const [index, step] of [first, ...later].entries()) await this.apply(`step-${index}`, step);
    });
  }

  /** Everything is applied once more, where it exists. */
  again(): Promise<Cost> {
    return timed(() => this.apply("all", this.manifests));
  }

  /** Removes the stack, and makes its volumes new: they are folders of this machine, which the cluster never empties. */
  async clear(): Promise<void> {
    await this.run("delete", "namespace", this.namespace, "--ignore-not-found", "--wait", LIMIT);
    const { items }: { items: PersistentVolume[] } = JSON.parse(await this.run("get", "persistentvolumes", "--output=json"));
    for (const { metadata, spec } of items.filter((one) => one.spec.claimRef?.namespace === this.namespace)) {
      const folder = spec.hostPath?.path;
      if (folder === undefined) continue;
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
      const unclaimed = JSON.stringify([{ op: "remove", path: "/spec/claimRef" }]);
      await this.run("patch", "persistentvolume", metadata.name, "--type=json", "--patch", unclaimed);
      await this.run("wait", "--for=jsonpath={.status.phase}=Available", `persistentvolume/${metadata.name}`, LIMIT);
    }
  }

  private async apply(folder: string, manifests: readonly Manifest[]): Promise<void> {
    await this.run("apply", "--server-side", "--filename", writeManifests(join(this.home, folder), manifests));
    await Promise.all(manifests.filter(isWorkload).map((one) => this.ready(one)));
  }

  /** Waits until a workload has kept its promise. */
  private ready({ kind, metadata: { name } }: Manifest): Promise<string> {
    const where = ["--namespace", this.namespace, LIMIT];
    if (kind === "StatefulSet") return this.run("rollout", "status", `statefulset/${name}`, ...where);
    return this.run("wait", `--for=condition=${kind === "Job" ? "Complete" : "Available"}`, `${kind}/${name}`, ...where);
  }
}

interface PersistentVolume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly claimRef?: { readonly namespace?: string }; readonly hostPath?: { readonly path: string } };
}

function isWorkload({ kind }: Manifest): boolean {
  return kind === "Job" || kind === "Deployment" || kind === "StatefulSet";
}
