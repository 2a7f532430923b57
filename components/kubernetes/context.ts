import type * as pulumi from "@pulumi/pulumi";

import type { Admission, ImageBuilds, NamesInUse } from "../workload/adapter/index.ts";
import type { CompleteSettings } from "./settings.ts";
import type { ClusterView } from "./view.ts";
import type { Waits } from "./waits.ts";

/** What all things of one stack in one namespace share. */
export interface KubernetesContext {
  readonly settings: CompleteSettings;
  /** Value of the stack label. */
  readonly stack: string;
  /** The namespace's name, known once everything is admitted and the namespace is there. */
  readonly namespace: pulumi.Output<string>;
  /** The same as plain text, for absolute host names. */
  readonly namespaceName: string;
  /** Name of the account without rights that all pods run under. */
  readonly serviceAccount: pulumi.Output<string>;
  /** Names that are taken: a workload may stand behind several host names. */
  readonly names: NamesInUse;
  /** The provider, and the policy that closes all flows: what every object comes after. */
  readonly options: { readonly provider: pulumi.ProviderResource; readonly dependsOn: pulumi.Resource[] };
  readonly view: ClusterView;
  readonly admission: Admission;
  readonly waits: Waits;
  readonly builds: ImageBuilds;
  /** The resource behind a workload, once its promise is kept. */
  readonly kept: WeakMap<object, Promise<pulumi.Resource>>;
  /** Docker's provider, which builds and pushes to the registry; there once it is first asked for. */
  readonly registry: (settings: NonNullable<CompleteSettings["registry"]>) => pulumi.ProviderResource;
  /** The object that holds a secret's values, or a set of files, by handle. */
  readonly objects: WeakMap<object, pulumi.Output<string>>;
}
