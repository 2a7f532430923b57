import * as pulumi from "@pulumi/pulumi";

import { chance } from "../workload/adapter/index.ts";
import type { ClusterView } from "./existing.ts";
import { MADE } from "./labels.ts";
import type { Truth } from "./truth.ts";

/** Where a stack is: what the engine compares with where its last deployment was. */
interface Whereabouts {
  readonly cluster: string;
  readonly namespace: string;
  /** A new one where the namespace is gone. */
  readonly made: string;
}

/** Where this deployment goes. */
export function whereaboutsOf(view: ClusterView, namespace: string): Whereabouts {
  const made = view.namespace === undefined ? chance(`namespace ${namespace}`) : (view.namespace.metadata.annotations?.[MADE] ?? "first");
  return { cluster: view.id, namespace, made };
}

/** Says what a stack leaves behind that moves to another namespace or cluster, and what it has lost whose namespace is gone. */
export function saysWhatStaysBehind(truth: Truth, { namespace: found }: ClusterView, namespace: string): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(
    `mlstack:whereabouts:${namespace}`,
    ({ oldInputs = {}, newInputs = {} }) => {
      const [before, now] = [oldInputs as Partial<Whereabouts>, newInputs as Partial<Whereabouts>];
      if (before.namespace === undefined || before.cluster === undefined) return;
      const volumes = truth.objects.flatMap((object) => (object.startsWith(CLAIM) ? [object.slice(CLAIM.length)] : []));
      if (before.cluster !== now.cluster) void pulumi.log.warn(movedLine("another cluster", before.namespace, volumes));
      else if (before.namespace !== now.namespace)
        void pulumi.log.warn(movedLine(`namespace "${now.namespace}"`, before.namespace, volumes));
      else if (found === undefined && before.made !== now.made) void pulumi.log.warn(goneLine(namespace, volumes));
    },
    { onDryRun: true },
  );
  return { beforeUpdate: [hook] };
}

const CLAIM = "PersistentVolumeClaim/";

function movedLine(where: string, before: string, volumes: readonly string[]): string {
  const data =
    volumes.length === 0
      ? ""
      : `; data do not move: what volumes (${volumes.join(", ")}) have in namespace "${before}" is deleted with it, or stays there where it is kept (keep, namespace.keep)`;
  return `the stack moves to ${where}, where everything is made again, and jobs run again${data}`;
}

function goneLine(namespace: string, volumes: readonly string[]): string {
  const data = volumes.length === 0 ? "" : `, and with it the data of its volumes (${volumes.join(", ")})`;
  return `namespace "${namespace}" is gone${data}: everything will be made again, and jobs run again`;
}
