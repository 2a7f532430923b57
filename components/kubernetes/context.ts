import type * as pulumi from "@pulumi/pulumi";

import type { ImageBuilds, NamesInUse, NounContext } from "../workload/adapter/index.ts";
import type { Checks } from "./checks.ts";
import type { Ground } from "./declared.ts";
import type { CompleteSettings } from "./settings.ts";
import type { Waits } from "./waits.ts";

/** What all nouns of one stack in one namespace share. */
export interface KubernetesContext extends NounContext, Ground {
  readonly settings: CompleteSettings;
  /** The namespace's name, known once everything is admitted and the namespace exists. */
  readonly namespace: pulumi.Output<string>;
  /** Name of the account without rights that all pods run under. */
  readonly serviceAccount: string;
  /** Names in use: a workload may have several host names. */
  readonly names: NamesInUse;
  /** The provider, the pods' account, and the policy that closes all flows: what every object comes after. */
  readonly options: { readonly provider: pulumi.ProviderResource; readonly dependsOn: pulumi.Resource[] };
  readonly waits: Waits;
  /** Settings that give memory limits, by workload. */
  readonly memorySettings: Map<string, string>;
  readonly checks: Checks;
  readonly builds: ImageBuilds;
  /** Docker's provider, which builds and pushes to the registry; registered by the first image that is built. */
  readonly registry: (settings: NonNullable<CompleteSettings["registry"]>) => pulumi.ProviderResource;
}
