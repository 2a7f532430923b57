/**
 * The provider's resources, each from its own file: the package's index loads its forty modules one by one, which would
 * be a tenth of a preview's time.
 */
export { Container, type ContainerArgs } from "@pulumi/docker/container.js";
export { Network, type NetworkArgs } from "@pulumi/docker/network.js";
export { RemoteImage, type RemoteImageArgs } from "@pulumi/docker/remoteImage.js";
export type * as inputs from "@pulumi/docker/types/input.js";
export { Volume, type VolumeArgs } from "@pulumi/docker/volume.js";
