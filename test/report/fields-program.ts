import * as pulumi from "@pulumi/pulumi";

import * as k8s from "../../components/kubernetes/provider.ts";
import { objectsAfter } from "./fields.ts";

const fields = objectsAfter(new pulumi.Config("mlstack").getNumber("round"));
const namespace = new k8s.Namespace("namespace", { metadata: { name: "it-report-fields" } });
const opts = { dependsOn: namespace };
// A field of any kind is changed, so that no type says what each has.
const of = (kind: string) => fields[kind] as never;

new k8s.ConfigMap("configmap", of("ConfigMap"), opts);
new k8s.Secret("secret", of("Secret"), opts);
new k8s.PersistentVolumeClaim("persistentvolumeclaim", of("PersistentVolumeClaim"), opts);
new k8s.Service("service", of("Service"), opts);
new k8s.Deployment("deployment", of("Deployment"), opts);
new k8s.StatefulSet("statefulset", of("StatefulSet"), opts);
new k8s.Job("job", of("Job"), opts);
new k8s.NetworkPolicy("networkpolicy", of("NetworkPolicy"), opts);
new k8s.PodDisruptionBudget("poddisruptionbudget", of("PodDisruptionBudget"), opts);
