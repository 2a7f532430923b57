import { RunError } from "@pulumi/pulumi/errors.js";

import type { Duration, LiveReplica, LiveWorkload } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import { selectorOf } from "./labels.ts";
import type { Pod } from "./pod-status.ts";
import { poll } from "./polling.ts";
import { ClusterWaits } from "./waits.ts";

/** What kubectl sets to the same end: a changed pod template is rolled out by the strategy that the service has. */
const RESTARTED = "kubectl.kubernetes.io/restartedAt";
/** Who sets it. The provider's own name would make it a field that the program has to declare. */
const MANAGER = "mlstack-restart";

/** Milliseconds that members may take to start, each time that another one has. */
const START_BUDGET = 300_000;

/** What is asked of the cluster. */
type Asked = Pick<Cluster, "stream" | "send" | "get">;

/** Where a stack is, and how its pods are found. */
interface Where {
  readonly namespace: string;
  /** Value of the stack label. */
  readonly stack: string;
}

/** Rolls out the same pods again, by the service's own strategy, and waits until the new ones are ready. */
export async function restartService(
  cluster: Cluster,
  { namespace, stack }: Where,
  { name, replicas }: LiveWorkload,
  say: (line: string) => void,
): Promise<void> {
  const root = `/apis/apps/v1/namespaces/${namespace}`;
  // A StatefulSet calls its pods by numbers; nothing else of this stack does.
  const kind = replicas.every(({ name: own, object }) => own === object) ? "statefulsets" : "deployments";
  const { spec } = await cluster.get<{ spec?: { progressDeadlineSeconds?: number } }>(`${root}/${kind}/${name}`);
  await annotate(cluster, `${root}/${kind}/${name}`, new Date().toISOString());
  say(`${name}: its replicas are renewed one after another`);
  const budget: Duration = `${spec?.progressDeadlineSeconds ?? 300}s`;
  await new ClusterWaits(cluster, namespace, stack, new Map()).service(name, kind, budget);
  say(`${name}: ready`);
}

async function annotate(cluster: Pick<Cluster, "stream">, path: string, time: string): Promise<void> {
  const body = { spec: { template: { metadata: { annotations: { [RESTARTED]: time } } } } };
  const headers = { "content-type": "application/strategic-merge-patch+json" };
  const answer = await cluster.stream("PATCH", path, { body, headers, query: { fieldManager: MANAGER } });
  answer.resume();
}

/** Evicts all members at once, as maintenance of their nodes does: that uses up none of their restarts. Waits until new ones run. */
export async function restartGang(
  cluster: Asked,
  { namespace, stack }: Where,
  { name, wanted, replicas }: LiveWorkload,
  say: (line: string) => void,
): Promise<void> {
  const running = replicas.filter(({ since }) => since !== undefined);
  const root = `/api/v1/namespaces/${namespace}/pods`;
  const evict = ({ object }: LiveReplica) =>
    cluster.send("POST", `${root}/${object}/eviction`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: object, namespace },
    });
  await Promise.all(running.map(evict));
  say(`${name}: ${running.map((one) => one.name).join(", ")} end and start again`);
  const before = new Set(running.map(({ object }) => object));
  const labels = Object.entries(selectorOf(stack, name)).map(([key, value]) => `${key}=${value}`);
  const look = async () => {
    const { items } = await cluster.get<{ items: Pod[] }>(root, { labelSelector: labels.join(",") });
    const again = items.filter(({ metadata, status }) => !before.has(metadata.name) && status.phase === "Running").length;
    return { done: again >= wanted, reached: again };
  };
  if ((await poll(`gang "${name}"`, look, () => START_BUDGET)) !== "done")
    throw new RunError(`not all members of ${name} have started again within ${START_BUDGET / 60_000} minutes; npm run status says why`);
  say(`${name}: all members have started`);
}
