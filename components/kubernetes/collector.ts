import type * as pulumi from "@pulumi/pulumi";

import type * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { metadataOf, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";
import { KubernetesService } from "./service.ts";
import type { Owner } from "./truth.ts";

/** What it may do: see the pods of its namespace, and read what they write. */
const RULES = [
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
];

/**
 * Where the API server may be: pods reach it by a Service of another namespace, whose address stands for machines that policies see
 * and that not every user may look up.
 */
const API_SERVER: w.Outside[] = ["0.0.0.0/0", "::/0"].flatMap((addresses) => [443, 6443].map((port) => ({ addresses, port })));

/** The program that reads what all pods of the stack write, by the API and with the rights of an account of its own. */
export class KubernetesCollector extends KubernetesService {
  constructor(context: KubernetesContext, name: string, { into, collector }: w.LogsSpec, opts: w.ChildOptions) {
    const { container, ...rest } = collector;
    const env = { ...container.env, STACK: context.stack };
    const spec = { ...rest, container: { ...container, env, calls: [into], outside: API_SERVER } };
    super(context, name, spec, opts, (parent) => accountOf(context, name, parent));
  }
}

/** An account with these rights, and all that must exist before it has them. */
function accountOf(context: KubernetesContext, name: string, parent: Owner): { account: string; before: pulumi.Resource[] } {
  const metadata = metadataOf(context, name, name);
  const options = (object: DeclaredObject) => ({ ...optionsOf(context, parent), ...object.options() });
  const account = new DeclaredObject(context, parent, "ServiceAccount", name);
  const role = new DeclaredObject(context, parent, "Role", name);
  const binding = new DeclaredObject(context, parent, "RoleBinding", name);
  const subject = { kind: "ServiceAccount", name, namespace: context.namespace };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  return {
    account: name,
    before: [
      new k8s.ServiceAccount(name, account.inputs(metadata, { automountServiceAccountToken: false }), options(account)),
      new k8s.Role(name, role.inputs(metadata, { rules: RULES }), options(role)),
      new k8s.RoleBinding(name, binding.inputs(metadata, { subjects: [subject], roleRef }), options(binding)),
    ],
  };
}
