import type * as w from "../workload/adapter/index.ts";
import { objectNameOf } from "./handles.ts";
import type { inputs } from "./provider.ts";

/** Whether the container mounts a volume that one node has: a second one elsewhere, or at the same time, could not. */
export function mountsAlone({ mounts }: w.CompleteContainer): boolean {
  return mounts.some((mount) => "volume" in mount && mount.volume.access === "one-node");
}

interface Folder {
  readonly volume: inputs.core.v1.Volume;
  readonly mount: inputs.core.v1.VolumeMount;
}

/** Volumes, files, and folders in memory, each under a name of its own. */
export function foldersOf(mounts: readonly w.CompleteMount[], inMemory: Readonly<Record<string, w.Memory>>): Folder[] {
  const mounted = mounts.flatMap((mount, index) => ("hostFolder" in mount ? [] : [mountedAs(mount, `mount-${index}`)]));
  const memory = Object.entries(inMemory).map(([path, sizeLimit], index) => {
    const name = `memory-${index}`;
    return { volume: { name, emptyDir: { medium: "Memory", sizeLimit } }, mount: { name, mountPath: path } };
  });
  return [...mounted, ...memory];
}

function mountedAs(mount: Exclude<w.CompleteMount, w.HostFolderMount>, name: string): Folder {
  const object = objectNameOf("volume" in mount ? mount.volume : mount.files);
  if ("files" in mount) {
    return { volume: { name, configMap: { name: object, defaultMode: 0o444 } }, mount: { name, mountPath: mount.path, readOnly: true } };
  }
  return {
    volume: { name, persistentVolumeClaim: { claimName: object } },
    mount: { name, mountPath: mount.path, readOnly: mount.readOnly },
  };
}
