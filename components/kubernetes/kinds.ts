/** A kind of object, and how it is read. */
export interface Kind {
  readonly group: string;
  readonly plural: string;
  /** Whether spec and status are read too. */
  readonly whole?: true;
  /** Whether a user without the right to list them may deploy: one whose stack has no tasks or collects no logs, or who may not read secrets. */
  readonly optional?: true;
  /** Whether objects have random names, and are found by the noun that they belong to. */
  readonly byNoun?: true;
}

/** The kinds of objects that a stack may consist of. Of most only the metadata are read, of Secrets above all. */
export const KINDS = {
  Deployment: { group: "apis/apps/v1", plural: "deployments", whole: true },
  StatefulSet: { group: "apis/apps/v1", plural: "statefulsets", whole: true },
  Job: { group: "apis/batch/v1", plural: "jobs", whole: true },
  CronJob: { group: "apis/batch/v1", plural: "cronjobs", optional: true },
  PersistentVolumeClaim: { group: "api/v1", plural: "persistentvolumeclaims", whole: true },
  Secret: { group: "api/v1", plural: "secrets", optional: true, byNoun: true },
  Service: { group: "api/v1", plural: "services", whole: true },
  ConfigMap: { group: "api/v1", plural: "configmaps" },
  ServiceAccount: { group: "api/v1", plural: "serviceaccounts" },
  NetworkPolicy: { group: "apis/networking.k8s.io/v1", plural: "networkpolicies" },
  PodDisruptionBudget: { group: "apis/policy/v1", plural: "poddisruptionbudgets" },
  Role: { group: "apis/rbac.authorization.k8s.io/v1", plural: "roles", optional: true },
  RoleBinding: { group: "apis/rbac.authorization.k8s.io/v1", plural: "rolebindings", optional: true },
} as const satisfies Readonly<Record<string, Kind>>;

/** Where the objects of a kind are listed in a namespace. */
export function listPath({ group, plural }: Pick<Kind, "group" | "plural">, namespace: string): string {
  return `/${group}/namespaces/${namespace}/${plural}`;
}
