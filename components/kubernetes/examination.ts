import type { Finding } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import { type Amounts, amountOf, closest, lacksOf, type NodeView, type PodView, reservedBy, shownAmount } from "./fit.ts";
import { clock, devices, silentNodes } from "./health.ts";
import { tryPods } from "./pod-trial.ts";

/** An object that a stack would apply. */
export interface Wanted {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly replicas?: number; readonly parallelism?: number; readonly template?: { readonly spec?: PodView } };
}

/** What a deployment does to each of its objects. */
const VERBS = ["get", "list", "create", "patch", "delete"] as const;

/** What is read of the cluster. */
type Read = Pick<Cluster, "find" | "send" | "stream" | "server">;

/**
 * Looks at what a stack would need of its cluster, beyond what its program refuses by itself: rights, quota, and whether its
 * pods find nodes.
 *
 * @param objects what the stack would apply · @param architecture of the images that are built here; undefined where none is
 */
export async function examineCluster(
  cluster: Read,
  namespace: string,
  objects: readonly Wanted[],
  architecture: string | undefined,
): Promise<Finding[]> {
  const nodes = (await cluster.find<List<NodeView>>("/api/v1/nodes"))?.items;
  const groups = await Promise.all([
    rights(cluster, namespace, objects),
    quotas(cluster, namespace, objects),
    tryPods(cluster, namespace, objects),
    nodes === undefined ? [unseen("nodes", "list nodes")] : fits(cluster, nodes, objects),
    nodes === undefined ? [] : [...silentNodes(nodes), ...devices(nodes, objects), ...architectures(nodes, architecture)],
    clock(cluster),
    names(cluster),
  ]);
  return groups.flat();
}

interface List<T> {
  readonly items: readonly T[];
}

/** Every right that the deployment would use, asked one by one: rules of a role may be of any form. */
async function rights(cluster: Read, namespace: string, objects: readonly Wanted[]): Promise<Finding[]> {
  const kinds = [
    ...new Set(
      objects.flatMap(({ apiVersion, kind }) => (apiVersion === undefined || kind === undefined ? [] : [`${apiVersion} ${kind}`])),
    ),
  ];
  const questions = kinds.flatMap((one) => VERBS.map((verb) => ({ ...resourceOf(one), verb })));
  const missing = (
    await Promise.all(
      questions.map(async ({ group, resource, verb }) => {
        const inNamespace = resource === "namespaces" ? {} : { namespace };
        const body = {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes: { ...inNamespace, group, resource, verb } },
        };
        const { status } = await cluster.send<{ status?: { allowed?: boolean } }>(
          "POST",
          "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          body,
        );
        return status?.allowed === true ? [] : [{ resource, verb }];
      }),
    )
  ).flat();
  if (missing.length === 0) return [{ subject: "rights", state: "right", text: `all that the deployment uses in namespace ${namespace}` }];
  const remedy = `ask for a role in namespace ${namespace} that allows it (docs/kubernetes.md lists all rights)`;
  return [{ subject: "rights", state: "wrong", text: `this user may not ${byVerbs(missing)}`, remedy }];
}

/** `create, patch deployments; get secrets`. */
function byVerbs(missing: readonly { readonly resource: string; readonly verb: string }[]): string {
  const resources = [...new Set(missing.map(({ resource }) => resource))];
  const verbsOf = (one: string) => missing.flatMap(({ resource, verb }) => (resource === one ? [verb] : [])).join(", ");
  return resources.map((one) => `${verbsOf(one)} ${one}`).join("; ");
}

/** `apps/v1 Deployment` as the API names it in rights. */
function resourceOf(versionAndKind: string): { group: string; resource: string } {
  const [version = "", kind = ""] = versionAndKind.split(" ");
  const word = kind.toLowerCase();
  const resource = word.endsWith("y") ? `${word.slice(0, -1)}ies` : word.endsWith("s") ? `${word}es` : `${word}s`;
  return { group: version.includes("/") ? (version.split("/")[0] ?? "") : "", resource };
}

interface Quota {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>> };
}

/** Whether a namespace's quotas have room for all pods at once. */
async function quotas(cluster: Read, namespace: string, objects: readonly Wanted[]): Promise<Finding[]> {
  const found = await cluster.find<List<Quota>>(`/api/v1/namespaces/${namespace}/resourcequotas`);
  if (found === undefined) return [unseen("quota", "list resourcequotas")];
  const wanted = sumOf(podsOf(objects).flatMap(({ pod, count }) => Array.from({ length: count }, () => reservedBy(pod))));
  const over = found.items.flatMap(({ metadata, status }) =>
    Object.entries(status?.hard ?? {}).flatMap(([name, hard]) => {
      const resource = name.replace(/^(requests|limits)\./, "");
      const most = amountOf(hard);
      const need = wanted[resource] ?? 0;
      return need > most ? [`${shownAmount(resource, need - most)} of ${name} over quota ${metadata.name} (${hard})`] : [];
    }),
  );
  if (over.length === 0)
    return [{ subject: "quota", state: "right", text: found.items.length === 0 ? "the namespace has none" : "it has room for all pods" }];
  return [
    {
      subject: "quota",
      state: "wrong",
      text: `the pods together are ${over.join(", ")}`,
      remedy: "lower resources or replicas, or ask for a larger quota",
    },
  ];
}

/** Whether each pod finds a node, by what the nodes have free. */
async function fits(cluster: Read, nodes: readonly NodeView[], objects: readonly Wanted[]): Promise<Finding[]> {
  const taken = await takenOn(cluster);
  const without = podsOf(objects).flatMap(({ name, pod }): Finding[] => {
    // What the stack's own pods take is theirs again after the change: a node that is large enough will do.
    const could = nodes.some((node) => lacksOf(pod, node).length === 0);
    const near = closest(pod, nodes, could ? taken : new Map());
    if (near === undefined) return [{ subject: name, state: "wrong", text: "the cluster has no node", remedy: "add one" }];
    if (near.lacks.length === 0) return [];
    const text = `no node ${could ? "has room for" : "can take"} a pod of it; ${near.node} comes closest and lacks ${near.lacks.join(", ")}`;
    const remedy = could
      ? "wait for other work to end, or add a node"
      : "lower its resources, correct nodeSelector or tolerations, or add such a node";
    return [{ subject: name, state: could ? "remark" : "wrong", text, remedy }];
  });
  return without.length > 0 ? without : [{ subject: "nodes", state: "right", text: `every pod finds one among ${nodes.length}` }];
}

interface RunningPod {
  readonly spec: PodView & { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

async function takenOn(cluster: Read): Promise<ReadonlyMap<string, Amounts>> {
  const pods = await cluster.find<List<RunningPod>>("/api/v1/pods");
  const taken = new Map<string, Amounts>();
  for (const { spec, status } of pods?.items ?? []) {
    if (spec.nodeName === undefined || status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    taken.set(spec.nodeName, sumOf([taken.get(spec.nodeName) ?? {}, reservedBy(spec)]));
  }
  return taken;
}

/** Images that are built here run on nodes of this machine's kind only. */
function architectures(nodes: readonly NodeView[], built: string | undefined): Finding[] {
  if (built === undefined) return [];
  const others = nodes.filter(({ status }) => status.nodeInfo?.architecture !== undefined && status.nodeInfo.architecture !== built);
  if (others.length === 0) return [{ subject: "architecture", state: "right", text: `images and nodes are ${built}` }];
  const names = others.map(({ metadata, status }) => `${metadata.name} (${status.nodeInfo?.architecture})`).join(", ");
  const remedy = "release images for every platform (npm run release) and name them in mlstack:images, or keep pods off these nodes";
  return [
    {
      subject: "architecture",
      state: others.length === nodes.length ? "wrong" : "remark",
      text: `images are built for ${built}, but ${names} cannot run them`,
      remedy,
    },
  ];
}

/** Whether names resolve inside the cluster. */
async function names(cluster: Read): Promise<Finding[]> {
  const slices = await cluster.find<List<{ endpoints?: readonly { conditions?: { ready?: boolean } }[] }>>(
    "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices",
    { labelSelector: "kubernetes.io/service-name=kube-dns" },
  );
  if (slices === undefined) return [unseen("DNS", "list endpointslices in kube-system")];
  const ready = slices.items.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length > 0) return [{ subject: "DNS", state: "right", text: "the cluster resolves names" }];
  const remedy = "look at it: kubectl --namespace kube-system get pods --selector k8s-app=kube-dns";
  return [
    { subject: "DNS", state: "remark", text: "no ready kube-dns was found in kube-system: pods may not find each other by name", remedy },
  ];
}

interface Pods {
  readonly name: string;
  readonly pod: PodView;
  readonly count: number;
}

/** The pods that all workloads together have. */
function podsOf(objects: readonly Wanted[]): Pods[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    const pod = spec?.template?.spec;
    if (pod === undefined) return [];
    return [{ name: `${kind?.toLowerCase()} "${metadata?.name}"`, pod, count: spec?.replicas ?? spec?.parallelism ?? 1 }];
  });
}

function sumOf(amounts: readonly Amounts[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of amounts) for (const [name, amount] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}

function unseen(subject: string, right: string): Finding {
  return { subject, state: "unknown", text: `this user may not ${right}`, remedy: "ask for the right to see it" };
}
