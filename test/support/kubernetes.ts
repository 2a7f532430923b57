import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe } from "@kubernetes/client-node";
import type * as pulumi from "@pulumi/pulumi";

import { ApiError, type Cluster } from "../../components/kubernetes/cluster.ts";
import type { ClusterView, Existing } from "../../components/kubernetes/existing.ts";
import { STACK_LABEL } from "../../components/kubernetes/labels.ts";
import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { MockEngine } from "./engine.ts";
import { endOf } from "./refusal.ts";

export const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const CRON_JOB = "kubernetes:batch/v1:CronJob";
export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const JOB = "kubernetes:batch/v1:Job";
export const NAMESPACE = "kubernetes:core/v1:Namespace";
export const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
export const SECRET = "kubernetes:core/v1:Secret";
export const SERVICE = "kubernetes:core/v1:Service";
export const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";

/** Stack label of the mocked engine's stack. */
export const OURS = "shop.test";

/** What a test asks of a platform; everything it asks for is a child of `parent`. */
type Ask = (platform: KubernetesPlatform, opts: { parent: pulumi.Resource }) => void;

/** Runs `ask` on a fresh platform without a cluster. */
export function onKubernetes(
  engine: MockEngine,
  ask: Ask,
  settings: KubernetesSettings = {},
  view: Partial<ClusterView> = {},
): Promise<void> {
  return engine.run(() => {
    const platform = KubernetesPlatform.offline(settings, view);
    ask(platform, { parent: platform });
  });
}

/** What the program ends with when `ask` asks for something that is refused; empty when it succeeds. */
export function refusalOf(...asked: Parameters<typeof onKubernetes>): Promise<string> {
  return endOf(() => onKubernetes(...asked));
}

interface Templated {
  readonly template: V1PodTemplateSpec & { spec: V1PodSpec };
}

/** The pod template of a registered workload, or of the runs of a task. */
export function templateOf(engine: MockEngine, type: string, name: string): V1PodTemplateSpec & { spec: V1PodSpec } {
  const { spec } = engine.inputs(type, name) as unknown as { spec: Templated & { jobTemplate?: { spec: Templated } } };
  return spec.jobTemplate?.spec.template ?? spec.template;
}

/** The one container of a registered workload. */
export function containerOf(engine: MockEngine, type: string, name: string): V1Container {
  const [only, ...others] = templateOf(engine, type, name).spec.containers;
  if (only === undefined || others.length > 0) throw new Error(`${others.length + 1} containers in ${type} "${name}"`);
  return only;
}

/** An existing object of the namespace, as a view lists it; the stack's own unless its labels say otherwise. */
export function existing(kind: string, name: string, changes: Partial<Existing> & { labels?: object; annotations?: object } = {}) {
  const { labels = { [STACK_LABEL]: OURS }, annotations = {}, metadata, ...rest } = changes;
  const object = { kind, metadata: { name, uid: `uid-of-${name}`, labels, annotations, ...metadata }, ...rest } as Existing;
  return { objects: new Map([[`${kind}/${name}`, object]]) };
}

/** What a cluster answers by path: a value, or what a function makes of the query. A path that is missing is not found. */
export type Answers = Record<string, unknown>;

/** A cluster that has only these answers, and the paths that it was asked for. */
export function aCluster(answers: Answers): { cluster: Cluster; asked: string[] } {
  const asked: string[] = [];
  const get = async (path: string, query: Record<string, string> = {}) => {
    asked.push(Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`);
    if (!(path in answers)) throw new ApiError(404, `${path} not found`);
    const answer = answers[path];
    return typeof answer === "function" ? answer(query) : answer;
  };
  const find = (path: string, query?: Record<string, string>) => get(path, query).catch(() => undefined);
  return { cluster: { get, find, text: get } as unknown as Cluster, asked };
}

const VOLUMES = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
const SELINUX = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

/** Every rule of Pod Security "restricted", those of "baseline" included, that a pod breaks (Pod Security Standards, 1.34). */
export function violations({ metadata, spec }: V1PodTemplateSpec): string[] {
  if (spec === undefined) throw new Error("a template without a pod");
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...((spec.ephemeralContainers ?? []) as V1Container[])];
  const pod = spec.securityContext;
  /** Of the pod, then of each container. */
  const contexts = [pod, ...containers.map(({ securityContext }) => securityContext)];
  /** What holds for each container: its own word, else the pod's. */
  const each = <K extends "runAsNonRoot" | "seccompProfile">(key: K) =>
    containers.map(({ securityContext }) => securityContext?.[key] ?? pod?.[key]);
  const handlers = containers.flatMap(({ livenessProbe, readinessProbe, startupProbe, lifecycle }) => [
    ...[livenessProbe, readinessProbe, startupProbe].filter((probe): probe is V1Probe => probe !== undefined),
    ...[lifecycle?.postStart, lifecycle?.preStop].filter((handler) => handler !== undefined),
  ]);
  const armour = Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.startsWith("container.apparmor.security.beta"));
  const rules: Record<string, boolean> = {
    hostProcess: contexts.every((one) => one?.windowsOptions?.hostProcess !== true),
    hostNamespaces: spec.hostNetwork !== true && spec.hostPID !== true && spec.hostIPC !== true,
    privileged: containers.every(({ securityContext }) => securityContext?.privileged !== true),
    hostPorts: containers.every(({ ports = [] }) => ports.every(({ hostPort = 0 }) => hostPort === 0)),
    hostProbes: handlers.every(({ httpGet, tcpSocket }) => !httpGet?.host && !tcpSocket?.host),
    appArmor:
      contexts.every((one) => ["RuntimeDefault", "Localhost"].includes(one?.appArmorProfile?.type ?? "RuntimeDefault")) &&
      armour.every(([, value]) => /^(runtime\/default|localhost\/.*)$/.test(value)),
    seLinux: contexts.every(({ seLinuxOptions: { type = "", user, role } = {} } = {}) => SELINUX.includes(type) && !user && !role),
    procMount: containers.every(({ securityContext }) => (securityContext?.procMount ?? "Default") === "Default"),
    sysctls: (pod?.sysctls ?? []).every(({ name }) => SYSCTLS.includes(name)),
    volumes: (spec.volumes ?? []).every((volume) => Object.keys(volume).every((key) => key === "name" || VOLUMES.includes(key))),
    privilegeEscalation: containers.every(({ securityContext }) => securityContext?.allowPrivilegeEscalation === false),
    runAsNonRoot: each("runAsNonRoot").every((value) => value === true),
    runAsUser: contexts.every((one) => one?.runAsUser !== 0),
    seccomp: [pod?.seccompProfile, ...each("seccompProfile")].every(
      (profile, index) => (index === 0 && profile === undefined) || ["RuntimeDefault", "Localhost"].includes(profile?.type ?? ""),
    ),
    capabilities: containers.every(({ securityContext }) => {
      const { add = [], drop = [] } = securityContext?.capabilities ?? {};
      return drop.includes("ALL") && add.every((one) => one === "NET_BIND_SERVICE");
    }),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}
