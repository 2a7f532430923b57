import type { ClusterView, Existing } from "../../components/kubernetes/existing.ts";
import type { MockEngine } from "./engine.ts";

/** What the engine was asked to make, as it exists afterwards; `changed` may leave some out or change them. */
export function madeBy(
  { resources }: MockEngine,
  changed: (key: string, object: Existing) => Existing | undefined = (_, object) => object,
): Partial<ClusterView> {
  const objects = new Map<string, Existing>();
  const jobs = new Map<string, Record<string, string>>();
  const names = new Set<string>();
  for (const { type, inputs } of resources) {
    if (!type.startsWith("kubernetes:")) continue;
    const kind = type.split(":").at(-1) ?? "";
    const metadata = inputs["metadata"] as Existing["metadata"];
    const name = kind === "Secret" ? (metadata.labels?.["mlstack.dev/workload"] ?? "") : metadata.name;
    const key = `${kind}/${name}`;
    names.add(key);
    const managedFields = [
      {
        manager: "pulumi-kubernetes-1",
        fieldsV1: fieldsOf({ ...inputs, metadata: { labels: metadata.labels, annotations: metadata.annotations } }),
      },
    ];
    const object = changed(key, {
      ...(inputs as unknown as Existing),
      metadata: { ...metadata, name, uid: key, generation: 1, managedFields },
    });
    if (kind === "Job") jobs.set(name, { ...metadata.annotations, "mlstack.dev/retry-of": "", deadline: "1800" });
    if (object !== undefined) objects.set(key, object);
  }
  return { objects, namespace: objects.get("Namespace/shop-test"), deployed: { objects: names, jobs } };
}

function fieldsOf(value: unknown): Record<string, never> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [`f:${name}`, fieldsOf(below)])) as Record<string, never>;
}

/** The annotations of an object that the engine was asked to make. */
export function annotationsOf(engine: MockEngine, type: string, name: string): Readonly<Record<string, string>> {
  return (engine.inputs(type, name)["metadata"] as Existing["metadata"]).annotations ?? {};
}

/** Leaves out what has these keys (`Kind/name`). */
export const except =
  (...gone: string[]) =>
  (key: string, object: Existing) =>
    gone.includes(key) ? undefined : object;
