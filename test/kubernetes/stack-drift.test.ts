import { beforeAll, describe, expect, test } from "vitest";

import type { DeployedObject } from "../../components/kubernetes/deployed-object.ts";
import type { Existing, FieldOwner } from "../../components/kubernetes/existing.ts";
import type { NamespaceView } from "../../components/kubernetes/namespace-view.ts";
import { driftIn } from "../../components/kubernetes/stack-drift.ts";
import { madeBy } from "../support/deployed.ts";
import { MockEngine } from "../support/engine.ts";
import { onKubernetes } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const WHOSE = { stack: "shop.test", owner: "57a7e0000001" };
const STACK = { "mlstack.dev/stack": "shop.test" };

/** What a deployment declared, and what it left in the namespace. */
let objects: DeployedObject[];
let left: Map<string, Existing>;
beforeAll(async () => {
  const engine = await MockEngine.start();
  await onKubernetes(engine, (platform, opts) => {
    const data = platform.volume("data", {}, opts);
    const files = platform.configFiles("conf", { files: { a: "1" } }, opts);
    platform.secret("login", { values: { key: "hunter2" } }, opts);
    platform.service("api", aServiceSpec({ replicas: 2, container: { image: "a", mounts: [{ files, path: "/a" }] } }), opts);
    platform.job("load", aJobSpec({ container: { image: "a", mounts: [{ volume: data, path: "/data" }] } }), opts);
    platform.gang("ring", aGangSpec(), opts);
  });
  const made = madeBy(engine).objects ?? new Map<string, Existing>();
  left = new Map(
    [...made].map(([key, one]) => [key, key === "Secret/login" ? { ...one, metadata: { ...one.metadata, name: "login-1a" } } : one]),
  );
  objects = engine.resources.flatMap(({ type, name, inputs }): DeployedObject[] => {
    if (!type.startsWith("kubernetes:")) return [];
    const kind = type.split(":").at(-1) ?? "";
    const { name: own = "login-1a", labels = {} } = Object(inputs["metadata"]);
    const workload: string | undefined = labels["mlstack.dev/workload"];
    const noun =
      kind === "Job" && name === "ring"
        ? "gang"
        : { Job: "job", PersistentVolumeClaim: "volume", ConfigMap: "configFiles", Secret: "secret" }[kind];
    const title = workload === undefined ? "platform" : `${noun ?? "service"} "${workload}"`;
    return [{ title, kind, namespace: kind === "Namespace" ? undefined : "shop-test", name: own, inputs }];
  });
});

/** Something else of this kind in the namespace. */
const other = (kind: string, metadata: Partial<Existing["metadata"]>): [string, Existing] => [
  `${kind}/${metadata.name ?? "x"}`,
  { metadata: { name: "x", ...metadata } },
];

/** What is found where the namespace has these things instead, or besides. */
function found(
  changed: Record<string, ((one: Existing) => Existing) | undefined>,
  besides: readonly [string, Existing][] = [],
  unread: string[] = [],
) {
  const all = new Map([...left, ...besides]);
  const there = [...all].flatMap(([key, one]): [string, Existing][] => {
    if (!(key in changed)) return [[key, one]];
    const after = changed[key]?.(one);
    return after === undefined ? [] : [[key, after]];
  });
  const kinds = new Map<string, Existing[]>();
  for (const [key, one] of there) kinds.set(key.split("/")[0] ?? "", [...(kinds.get(key.split("/")[0] ?? "") ?? []), one]);
  const view: NamespaceView = { namespace: kinds.get("Namespace")?.[0], objects: kinds, unread };
  return driftIn("shop-test", objects, view, WHOSE).map(({ subject, what, outcome }) => `${subject} ${what}: ${outcome}`);
}

/** A field that somebody has set, which the stack then owns no more. */
const set =
  (step: string, manager = "kubectl-edit", changes: object = {}) =>
  (one: Existing): Existing => {
    const [own] = one.metadata.managedFields ?? [];
    const { [step]: _, ...rest } = own?.fieldsV1?.["f:spec"] ?? {};
    const mine: FieldOwner = { ...own, fieldsV1: { ...own?.fieldsV1, "f:spec": rest } };
    const managedFields = [mine, { manager, fieldsV1: { "f:spec": { [step]: {} } } }];
    return { ...one, ...changes, metadata: { ...one.metadata, generation: 2, managedFields } };
  };
const metadata =
  (changes: Partial<Existing["metadata"]>) =>
  (one: Existing): Existing => ({ ...one, metadata: { ...one.metadata, ...changes } });
const withoutOwn = metadata({ managedFields: [{ manager: "kubectl-create", fieldsV1: { "f:data": {} } }] });
const touched =
  (fieldsV1: NonNullable<FieldOwner["fieldsV1"]>, spec: object = {}, labels: Record<string, string> = {}) =>
  (one: Existing): Existing => ({
    ...one,
    spec: { ...one.spec, ...spec },
    metadata: {
      ...one.metadata,
      labels: { ...one.metadata.labels, ...labels },
      managedFields: [...(one.metadata.managedFields ?? []), { manager: "kubectl-label", fieldsV1 }],
    },
  });

test("what is as it was left is no difference", () => expect(found({})).toEqual([]));

describe("what is gone", () => {
  test.each<[string, string[], string[]]>([
    ["a Deployment", ["Deployment/api"], ['service "api": Deployment "api" is gone: will be made again']],
    [
      "two objects of one service",
      ["Service/api", "PodDisruptionBudget/api"],
      ['service "api": Service "api" and PodDisruptionBudget "api" are gone: will be made again'],
    ],
    [
      "a claim",
      ["PersistentVolumeClaim/data"],
      ['volume "data" is gone, and its data with it: it will be made again, empty, and jobs that fill it run again'],
    ],
    ["a gang", ["Job/ring"], ['gang "ring" is gone: it will start again, from its last checkpoint']],
    ["a secret", ["Secret/login"], ['secret "login": Secret "login" is gone: will be made again']],
    [
      "the namespace",
      ["Namespace/shop-test"],
      [
        'platform: Namespace "shop-test" is gone: will be made again, with all that was in it',
        'volume "data" is gone, and its data with it: it will be made again, empty, and jobs that fill it run again',
      ],
    ],
  ])("is %s", (_, keys, expected) => expect(found(Object.fromEntries(keys.map((key) => [key, undefined])))).toEqual(expected));

  test("is a job that is not noted as done, and none that is", () => {
    const note = metadata({ annotations: { "mlstack.dev/objects": "[]", "mlstack.dev/jobs": "{}" } });
    expect(found({ "Job/load": undefined, "ConfigMap/shop-test-deployed": note })).toEqual(['job "load" is gone: it will run again']);
    expect(found({ "Job/load": undefined })).toEqual([]);
    // What it filled is gone as well.
    expect(found({ "Job/load": undefined, "PersistentVolumeClaim/data": undefined })).toContain('job "load" is gone: it will run again');
  });

  test("is what somebody has put another in the place of", () => {
    const key = [...left.keys()].find((one) => one.startsWith("ConfigMap/conf")) ?? "";
    expect(found({ [key]: withoutOwn, "Secret/login": withoutOwn })).toEqual([
      `configFiles "conf": ConfigMap "${key.slice(10)}" (another is in its place) is gone: will be made again`,
      'secret "login": Secret "login" (another is in its place) is gone: will be made again',
    ]);
  });

  test("is not what may not be listed", () => expect(found({ "Secret/login": undefined }, [], ["Secret"])).toEqual([]));
});

describe("what was changed", () => {
  test.each<[string, Parameters<typeof found>[0], string]>([
    [
      "replicas",
      { "Deployment/api": set("f:replicas", "kubectl", { spec: { replicas: 0 } }) },
      'service "api" was scaled to 0 by hand: 2 again',
    ],
    [
      "a field",
      { "Deployment/api": set("f:strategy") },
      'service "api": Deployment "api" was changed by hand (kubectl-edit): spec.strategy will be as declared again',
    ],
    [
      "a Service's ports",
      { "Service/api": set("f:ports") },
      'service "api": Service "api" was changed by hand (kubectl-edit): spec.ports will be as declared again',
    ],
    [
      "a further field",
      { "Deployment/api": touched({ "f:spec": { "f:paused": {} } }, { paused: true }) },
      'service "api": Deployment "api" has further fields by hand (kubectl-label): spec.paused stays',
    ],
    [
      "a further label of a claim",
      { "PersistentVolumeClaim/data": touched({ "f:metadata": { "f:labels": { "f:mine": {} } } }, {}, { mine: "1" }) },
      'volume "data": PersistentVolumeClaim "data" has further fields by hand (kubectl-label): metadata.labels.mine stays',
    ],
    [
      "a claim that is being deleted",
      { "PersistentVolumeClaim/data": metadata({ deletionTimestamp: "2026-01-01T00:00:00Z" }) },
      'volume "data": PersistentVolumeClaim "data" is being deleted by hand, and its data are gone when no pod mounts it any more: a deployment is refused while that is so',
    ],
    [
      "the stack's label",
      { "Service/api": metadata({ labels: {} }) },
      'service "api": Service "api" has lost the stack\'s label: a deployment is refused while that is so',
    ],
    [
      "the state's id",
      { "Deployment/api": metadata({ annotations: { "mlstack.dev/owner": "another" } }) },
      'service "api": Deployment "api" carries the id of another state: a deployment is refused while that is so',
    ],
  ])("is %s", (_, changed, expected) => expect(found(changed)).toEqual([expected]));
});

describe("what no deployment has made", () => {
  const LABELLED = "carries the label of this stack, and no deployment has made it: a deployment leaves it as it is";
  test.each(["Pod", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Service", "ConfigMap", "Secret", "NetworkPolicy"])(
    "is a %s with the label",
    (kind) => expect(found({}, [other(kind, { labels: STACK })])).toEqual([`${kind} "x" ${LABELLED}`]),
  );

  test.each<[string, [string, Existing]]>([
    ["an object of another state", other("Service", { labels: STACK, annotations: { "mlstack.dev/owner": "another" } })],
    ["a pod of a workload", other("Pod", { labels: STACK, ownerReferences: [{ kind: "ReplicaSet", name: "api-1" }] })],
    ["a claim that was left behind", other("PersistentVolumeClaim", { labels: STACK })],
    ["an object without the label", other("Pod", {})],
    ["one that goes", other("Pod", { labels: STACK, deletionTimestamp: "2026-01-01T00:00:00Z" })],
  ])("is not %s", (_, one) => expect(found({}, [one])).toEqual([]));
});

describe("a pod of a workload", () => {
  const pod = (...managedFields: FieldOwner[]) =>
    found({}, [other("Pod", { labels: STACK, ownerReferences: [{ kind: "ReplicaSet", name: "api-1" }], managedFields })]);

  test("was changed by hand", () => {
    expect(pod({ manager: "kubectl-debug", subresource: "ephemeralcontainers", fieldsV1: { "f:spec": {} } })).toEqual([
      'Pod "x" was changed by hand (kubectl-debug): its containers: a deployment leaves it as it is until the pod is replaced',
    ]);
    expect(pod({ manager: "kubectl-label", fieldsV1: { "f:metadata": { "f:labels": {} } } })).toHaveLength(1);
  });

  test("was changed by what runs it", () => {
    const annotated: FieldOwner = { manager: "multus", fieldsV1: { "f:metadata": { "f:annotations": { "f:network": {} } } } };
    expect(
      pod(
        { manager: "kube-controller-manager", fieldsV1: { "f:spec": {} } },
        { manager: "kubelet", subresource: "status", fieldsV1: { "f:spec": {} } },
        annotated,
      ),
    ).toEqual([]);
  });
});
