import * as w from "../workload/adapter/index.ts";

/** Why a workload cannot mount folders of a node. */
export function hostFolderMistakes(workload: string, mounts: readonly w.CompleteMount[]): w.Mistake[] {
  const remedy = "let a job put the files into a volume, or build them into the image";
  const target = 'Kubernetes, whose Pod Security "restricted" forbids folders of a node';
  return mounts.flatMap((mount, index) =>
    "hostFolder" in mount ? [w.unsupported(`"${workload}": mounts[${index}].hostFolder`, target, remedy)] : [],
  );
}
