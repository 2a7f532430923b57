import type * as pulumi from "@pulumi/pulumi";

import type { ImageBuilds, NounContext } from "../workload/adapter/index.ts";

import type { DeviceLedger } from "./devices.ts";
import type { EngineView } from "./engine-view.ts";
import type { Hooks } from "./hooks.ts";
import type { LogRoute } from "./logs.ts";
import type { NameLedger } from "./names.ts";
import type { AddressLedger } from "./network.ts";
import type { PortLedger } from "./ports.ts";
import type * as docker from "./provider.ts";
import type { StackRecord } from "./record.ts";
import type { Waits } from "./waits.ts";

/** What all parts of one stack on one engine share. */
export interface DockerContext extends NounContext {
  /** Begins the name of every container, volume and network, so that stacks stay apart. */
  readonly prefix: string;
  /** `<project>/<stack>`, the value of the stack label. */
  readonly stack: string;
  /** The value of the owner label, known when the state has it. */
  readonly owner: pulumi.Output<string>;
  /** What the state has on the engine since the last deployment. */
  readonly record: StackRecord;
  readonly names: NameLedger;
  readonly network: docker.Network;
  readonly networkName: string;
  readonly view: EngineView;
  readonly devices: DeviceLedger;
  readonly ports: PortLedger;
  readonly addresses: AddressLedger;
  /** Servers that names are asked of; none: the engine's. */
  readonly dns: readonly string[];
  /** Where containers' lines go. */
  readonly logs: LogRoute;
  /** Whether customers rely on the stack. */
  readonly production: boolean;
  /** Whether what reads the program's declarations has to tell secret variables from others: each value begins with a mark. */
  readonly marksSecrets: boolean;
  readonly hooks: Hooks;
  /** Settings of the jobs' memory limits, by job: a hook is told no more than a name. */
  readonly memorySettings: Map<string, string>;
  readonly waits: Waits;
  readonly builds: ImageBuilds;
  /** The image without content whose containers only carry files into a volume. */
  readonly carrier: () => pulumi.Output<string>;
}

/** The name on the engine of something called `name` in the program. */
export function physicalName(context: DockerContext, name: string): string {
  return `${context.prefix}-${name}`;
}
