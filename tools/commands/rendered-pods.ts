import { z } from "zod";

import type { Rendered } from "../settings/recording.ts";

/** An object with pods of its own. */
const withPods = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) }) }),
});
const anObject = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/** Labels by which one workload's pods of one stack are found. */
const OURS = /^mlstack\.dev\/(stack|workload)$/;

/** Where the pods of a workload are, by its name, among what a stack would apply. */
export function podsIn(objects: readonly Rendered[]) {
  const found = objects.flatMap(({ object }) => withPods.safeParse(object).data ?? []);
  return (workload: string): { namespace: string; labels: Record<string, string> } | undefined => {
    const one = found.find(({ spec }) => spec.template.metadata.labels["mlstack.dev/workload"] === workload);
    if (one === undefined) return undefined;
    const labels = Object.entries(one.spec.template.metadata.labels).filter(([label]) => OURS.test(label));
    return { namespace: one.metadata.namespace, labels: Object.fromEntries(labels) };
  };
}

/** An object with its file's name. */
export function renderedObject(object: object): Rendered {
  const { kind, metadata } = anObject.parse(object);
  return { file: `${kind.toLowerCase()}-${metadata.name}.yaml`, object };
}
