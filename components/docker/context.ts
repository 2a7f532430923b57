import type * as pulumi from "@pulumi/pulumi";

import type { Admission } from "../workload/adapter/index.ts";
import type { DeviceLedger } from "./devices.ts";
import type { EngineView } from "./engine.ts";
import type { Hooks } from "./hooks.ts";
import type { PortLedger } from "./ports.ts";
import type * as docker from "./provider.ts";

/** What all things of one stack on one engine share. */
export interface DockerContext {
  /** Begins the name of every container, volume and network, so that stacks stay apart. */
  readonly prefix: string;
  /** `<project>/<stack>`, the value of the stack label. */
  readonly stack: string;
  readonly network: docker.Network;
  readonly view: EngineView;
  readonly devices: DeviceLedger;
  readonly ports: PortLedger;
  /** Whether customers rely on the stack. */
  readonly production: boolean;
  readonly admission: Admission;
  readonly hooks: Hooks;
  /** The image without content whose containers only carry files into a volume. */
  readonly carrier: () => pulumi.Output<string>;
  /** Values of the stack's secrets; on Docker they reach a container as variables, encrypted in the state. */
  readonly secrets: WeakMap<object, Readonly<Record<string, pulumi.Output<string>>>>;
  /** The volume a handle stands for. */
  readonly volumes: WeakMap<object, pulumi.Output<string>>;
}

/** The name on the engine of something called `name` in the program. */
export function physicalName(context: DockerContext, name: string): string {
  return `${context.prefix}-${name}`;
}
