import type { Mistake } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterView } from "./existing.ts";
import { nodePortTaken } from "./node-ports.ts";
import { RegistryChecks } from "./registry-checks.ts";
import type { KubernetesSettings } from "./settings.ts";
import { type NewClaim, storageClassMissing } from "./storage-class.ts";

type Registry = NonNullable<KubernetesSettings["registry"]>;

/** What others than this program know, and are asked before anything is registered. Each answers with a mistake, or nothing. */
export interface Checks {
  /** No other Service has the port of a published service. @param object name of the Service that has it, or will have it */
  nodePort(workload: string, object: string, port: number): Promise<Mistake | undefined>;
  /** Storage can be made for a new claim. */
  storageClass(claim: NewClaim): Promise<Mistake | undefined>;
  /** The registry takes an image of this name from the user who pushes. */
  push(image: string): Promise<Mistake | undefined>;
  /** A given image is at its registry. @param path of the setting that names it */
  image(path: string, reference: string): Promise<Mistake | undefined>;
}

/** Without a cluster nobody is asked. */
export const NO_CHECKS: Checks = {
  nodePort: async () => undefined,
  storageClass: async () => undefined,
  push: async () => undefined,
  image: async () => undefined,
};

/** Asks the cluster, and registries of images. */
export class ClusterChecks implements Checks {
  private readonly cluster: Cluster;
  private readonly namespaceName: string;
  private readonly view: ClusterView;
  private readonly registries: RegistryChecks;

  constructor(cluster: Cluster, namespaceName: string, view: ClusterView, registry: Registry | undefined) {
    this.cluster = cluster;
    this.namespaceName = namespaceName;
    this.view = view;
    this.registries = new RegistryChecks(cluster, registry);
  }

  nodePort(workload: string, object: string, port: number): Promise<Mistake | undefined> {
    // A namespace that is yet to be made can be asked for nothing; every cluster has this one.
    const namespace = this.view.namespace === undefined ? "default" : this.namespaceName;
    const own = `/api/v1/namespaces/${this.namespaceName}/services/${object}`;
    return nodePortTaken(this.cluster, { workload, port, namespace, own });
  }

  storageClass(claim: NewClaim): Promise<Mistake | undefined> {
    return storageClassMissing(this.cluster, this.view, claim);
  }

  push(image: string): Promise<Mistake | undefined> {
    return this.registries.push(image);
  }

  image(path: string, reference: string): Promise<Mistake | undefined> {
    return this.registries.image(path, reference);
  }
}
