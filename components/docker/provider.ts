/**
 * The provider's four resources that the adapter makes, with the provider's own types for their arguments. Its classes would
 * register all 78 properties of a container, of which the adapter sets a third, and each costs a preview its time once more
 * in the engine and in the provider.
 */
import type { ContainerArgs } from "@pulumi/docker/container.js";
import type { NetworkArgs } from "@pulumi/docker/network.js";
import type { RemoteImageArgs } from "@pulumi/docker/remoteImage.js";
import { getVersion } from "@pulumi/docker/utilities.js";
import type { VolumeArgs } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";

export type * as inputs from "@pulumi/docker/types/input.js";
export type { ContainerArgs, NetworkArgs, RemoteImageArgs, VolumeArgs };

/** A resource that the provider knows by its name, which is an argument too. */
abstract class Named extends pulumi.CustomResource {
  /** Filled in by Pulumi from the argument of this name. */
  declare readonly name: pulumi.Output<string>;

  protected constructor(type: string, name: string, args: object, opts: pulumi.CustomResourceOptions) {
    super(type, name, { name: undefined, ...args }, pulumi.mergeOptions({ version: getVersion() }, opts));
  }
}

export class Container extends Named {
  constructor(name: string, args: ContainerArgs, opts: pulumi.CustomResourceOptions) {
    super("docker:index/container:Container", name, args, opts);
  }
}

export class Network extends Named {
  constructor(name: string, args: NetworkArgs, opts: pulumi.CustomResourceOptions) {
    super("docker:index/network:Network", name, args, opts);
  }
}

export class RemoteImage extends Named {
  constructor(name: string, args: RemoteImageArgs, opts: pulumi.CustomResourceOptions) {
    super("docker:index/remoteImage:RemoteImage", name, args, opts);
  }
}

export class Volume extends Named {
  constructor(name: string, args: VolumeArgs, opts: pulumi.CustomResourceOptions) {
    super("docker:index/volume:Volume", name, args, opts);
  }
}
