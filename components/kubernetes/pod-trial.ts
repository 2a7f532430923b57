import type { Finding } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";
import type { Wanted } from "./examination.ts";

/** Whether the API server's refusal is of the user, not of the pod. */
const FORBIDDEN = /cannot create resource/;

/**
 * Whether a namespace admits the stack's pods: each is sent as it would be made, and the server answers without making it. So its
 * Pod Security level, limit ranges, what is left of quotas and every policy of its own are asked by their own rules, in their
 * own words.
 */
export async function tryPods(cluster: Pick<Cluster, "find" | "send">, namespace: string, objects: readonly Wanted[]): Promise<Finding[]> {
  const found = await cluster.find<Namespace>(`/api/v1/namespaces/${namespace}`);
  // One that is yet to be made has no rules, and admits by its own label only what every pod of a stack keeps.
  if (found === undefined) return [];
  const level = found.metadata?.labels?.["pod-security.kubernetes.io/enforce"];
  const text = level === undefined ? "the namespace admits each pod" : `the namespace admits each pod; its Pod Security level is ${level}`;
  const refused = (await Promise.all(objects.map((object) => tried(cluster, namespace, object)))).flat();
  return refused.length === 0 ? [{ subject: "admission", state: "right", text }] : refused;
}

interface Namespace {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

async function tried(cluster: Pick<Cluster, "send">, namespace: string, { kind, metadata, spec }: Wanted): Promise<Finding[]> {
  const template = spec?.template;
  if (template?.spec === undefined) return [];
  // Its account is made with it, and may not be there yet.
  const { serviceAccountName: _, ...pod } = template.spec as typeof template.spec & { serviceAccountName?: string };
  const labels: unknown = Reflect.get(Object(Reflect.get(template, "metadata")), "labels");
  const body = { apiVersion: "v1", kind: "Pod", metadata: { generateName: "mlstack-doctor-", labels }, spec: withPolicy(pod, kind) };
  const subject = `${kind?.toLowerCase()} "${metadata?.name}"`;
  try {
    await cluster.send("POST", `/api/v1/namespaces/${namespace}/pods`, body, { dryRun: "All" });
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (FORBIDDEN.test(error.message)) {
      return [
        { subject, state: "unknown", text: "this user may not create pods, so that none was tried", remedy: "ask for the right to see it" },
      ];
    }
    return [
      { subject, state: "wrong", text: `its pod is refused: ${reasonIn(error.message)}`, remedy: remedyFor(error.message, namespace) },
    ];
  }
}

/** A pod that is no controller's may not say "Never" less than "Always": only a Job's template says another. */
function withPolicy(pod: object, kind: string | undefined): object {
  return kind === "Job" || kind === "CronJob" ? { restartPolicy: "Never", ...pod } : pod;
}

/** Without the name that the server gave to the trial. */
function reasonIn(message: string): string {
  return message.replace(/^.*?pods? "[^"]*" is (forbidden|invalid): /i, "").trim();
}

function remedyFor(message: string, namespace: string): string {
  const look = (what: string) => `kubectl --namespace ${namespace} describe ${what}`;
  if (/PodSecurity/.test(message))
    return `take away what its level forbids (host folders, capabilities), or ask for another level: kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=baseline --overwrite`;
  if (/exceeded quota|failed quota/.test(message)) return `lower resources or replicas, or ask for a larger quota (${look("quota")})`;
  if (/usage per|limit to request ratio/.test(message)) return `set resources within the namespace's limit range (${look("limitrange")})`;
  return "correct what the line names, or ask those who made the rule";
}
