import Docker from "dockerode";

/** Removes every container, volume, network and image that carries one of the labels. */
export async function removeLabelled(labels: readonly string[]): Promise<void> {
  const docker = new Docker();
  for (const label of labels) {
    const filters = { label: [label] };
    for (const { Id } of await docker.listContainers({ all: true, filters }))
      await docker.getContainer(Id).remove({ force: true, v: true });
    for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
    for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
    for (const { Id } of await docker.listImages({ filters })) await docker.getImage(Id).remove({ force: true });
  }
}
