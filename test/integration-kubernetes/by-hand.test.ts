import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Cluster } from "../../components/kubernetes/cluster.ts";
import { clusterDrift } from "../../components/kubernetes/stack-drift.ts";
import { READY, ready, shell } from "../contract/containers.ts";
import { kubernetesTarget } from "../support/kubernetes-target.ts";
import { type Run, until } from "../support/stack.ts";

/** How often a deployment that nobody has touched is looked at; more by hand. */
const CLEAN_RUNS = Number(process.env["MLSTACK_CLEAN_RUNS"] ?? 3);

let target: Awaited<ReturnType<typeof kubernetesTarget>>;
beforeAll(async () => {
  target = await kubernetesTarget("ct-hand");
  target.stack.configure({ ask: ask() });
  await good(target.stack.up());
});
afterAll(() => target.remove());

const web = { port: 8080, readiness: ready(), startBudget: "30s" as const };
const quick = { stopGrace: "1s" as const };

function ask(settings = {}) {
  return {
    ...target.platform,
    volumes: { data: { size: "1Gi" } },
    files: { settings: { "a.txt": "one" } },
    secrets: { login: { key: "hunter2" } },
    jobs: {
      load: { container: shell("echo done >/var/tmp/f", { mounts: [{ volume: "data", path: "/var/tmp" }] }) },
      plain: { container: shell("echo done", { mounts: [{ files: "settings", path: "/etc/a" }] }), ...settings },
    },
    services: {
      db: { ...web, container: shell(READY, quick) },
      web: {
        ...web,
        replicas: 2,
        publish: { port: 30_890 },
        container: shell(READY, {
          ...quick,
          calls: ["db"],
          env: { A: "1", KEY: { from: "secret", secret: "login", key: "key" } },
          mounts: [{ files: "settings", path: "/etc/a" }],
        }),
      },
    },
    gangs: { ring: { container: shell("exec sleep 6000", quick), size: 2, rendezvousPort: 29500 } },
    tasks: { train: { container: shell("echo hi") } },
  };
}

async function good(run: Promise<Run>): Promise<string> {
  const { code, text } = await run;
  expect(code, text).toBe(0);
  return text;
}

/** What of the stack is not as it was deployed, one line each. */
async function drift(): Promise<string[]> {
  const file = join(target.stack.home, ".pulumi", "stacks", "mlstack", "ct-hand.json");
  const { resources } = JSON.parse(readFileSync(file, "utf8")).checkpoint.latest;
  const owner = resources.find(({ urn }: { urn: string }) => urn.endsWith("pulumi:index:Stash::owner")).outputs.output;
  const { differences, notes } = await clusterDrift(new Cluster(undefined), { stack: "mlstack.ct-hand", owner }, resources);
  expect(notes).toEqual([]);
  return differences.map(({ subject, what, outcome }) => `${subject} ${what}: ${outcome}`);
}

/** Previews what was changed by hand, has it put right, and looks once more. */
async function putRight(lines: readonly RegExp[], drifted = lines): Promise<void> {
  const found = await drift();
  for (const line of drifted) expect(found).toContainEqual(expect.stringMatching(line));
  expect(found.filter((line) => !drifted.some((one) => one.test(line)))).toEqual([]);
  const preview = await good(target.stack.preview());
  for (const line of lines) expect(preview).toMatch(line);
  const warnings = preview.split("\n").filter((line) => /^ {4}warning: /.test(line));
  expect(warnings.filter((line) => !lines.some((one) => one.test(line)))).toEqual([]);
  await good(target.stack.up());
  await good(target.stack.preview("--expect-no-changes"));
  expect(await drift()).toEqual([]);
}

/** Without what has a random name, and what a controller makes. */
async function objects(): Promise<string[]> {
  return (await target.objects()).filter((one) => !/^(Pod|Secret)\//.test(one));
}

test(`nothing is said of what nobody has touched, ${CLEAN_RUNS} times`, async () => {
  for (let run = 0; run < CLEAN_RUNS; run++) expect(await good(target.stack.preview("--expect-no-changes"))).not.toContain("warning");
});

const DELETED: readonly (readonly [kind: string, name: string, line: RegExp])[] = [
  ["Deployment", "db", /service "db": Deployment "db" is gone: will be made again/],
  ["Service", "web", /service "web": Service "web", .* are gone: will be made again/],
  ["Service", "web-replicas", /service "web": .*Service "web-replicas".* are gone/],
  ["PodDisruptionBudget", "web", /service "web": .*PodDisruptionBudget "web".* are gone/],
  ["NetworkPolicy", "web.from-outside", /service "web": .*NetworkPolicy "web.from-outside".* are gone/],
  ["NetworkPolicy", "mlstack-ct-hand-default-deny", /platform: .*NetworkPolicy "mlstack-ct-hand-default-deny" are gone/],
  ["ServiceAccount", "mlstack-ct-hand-workloads", /platform: ServiceAccount "mlstack-ct-hand-workloads" and .* are gone/],
  ["Secret", "login", /secret "login": Secret "login" is gone/],
  ["ConfigMap", "settings", /configFiles "settings": ConfigMap "settings-[0-9a-f]{8}" is gone/],
  // Its pod, though finished, would hold the claim.
  ["Job", "load", /job "load" is gone: it will run again/],
  [
    "PersistentVolumeClaim",
    "data",
    /volume "data" is gone, and its data with it: it will be made again, empty, and jobs that fill it run again/,
  ],
  ["Job", "ring", /gang "ring" is gone: it will start again, from its last checkpoint/],
  ["CronJob", "train", /task "train": CronJob "train" is gone: will be made again/],
];

test("what was deleted is said and made again, and what it held is filled again", async () => {
  const { kube, namespace } = target;
  const before = await objects();
  const [filled, plain] = [await target.runs("load"), await target.runs("plain")];
  for (const [kind, name] of DELETED) {
    const random = kind === "Secret" || kind === "ConfigMap";
    const there = (await kube.objects(`mlstack.dev/stack=mlstack.ct-hand,mlstack.dev/workload=${name}`)).find((one) =>
      one.startsWith(`${kind}/`),
    );
    await kube.remove(namespace, kind, random ? (there?.slice(kind.length + 1) ?? name) : name);
  }
  await until("the claim is gone", async () => !(await objects()).includes("PersistentVolumeClaim/data"));
  await putRight(
    DELETED.map(([, , line]) => line),
    // In an order of its own.
    DELETED.map(([kind, name, line]) => (/are gone/.test(line.source) ? new RegExp(`${kind} "${name}".* (is|are) gone: will be`) : line)),
  );
  expect(await objects()).toEqual(before);
  expect(await target.runs("load")).not.toEqual(filled);
  expect(await target.runs("plain")).toEqual(plain);
});

const HAND = "was changed by hand \\(kubectl-edit\\): ";
const CHANGED: readonly (readonly [kind: string, name: string, fields: object, line: RegExp])[] = [
  ["Deployment", "db", { spec: { replicas: 0 } }, /service "db" was scaled to 0 by hand: 1 again/],
  [
    "Deployment",
    "web",
    { spec: { template: { spec: { containers: [{ name: "web", image: "nobody/has:it" }] } } } },
    /service "web": Deployment "web" was changed by hand \(kubectl-edit, removed\): .*containers\[web\].image.* will be as declared again/,
  ],
  [
    "Service",
    "db",
    { spec: { selector: { a: "b" } } },
    new RegExp(`service "db": Service "db" ${HAND}spec.selector will be as declared again`),
  ],
  [
    "Service",
    "web",
    { metadata: { labels: { "mlstack.dev/workload": null } } },
    /Service "web" was changed by hand \(removed\): metadata.labels/,
  ],
  [
    "NetworkPolicy",
    "db.from.web",
    { spec: { ingress: [{ ports: [{ port: 1 }] }] } },
    new RegExp(`service "web": NetworkPolicy "db.from.web" ${HAND}spec.ingress`),
  ],
  ["PodDisruptionBudget", "web", { spec: { maxUnavailable: 2 } }, new RegExp(`PodDisruptionBudget "web" ${HAND}spec.maxUnavailable`)],
  ["CronJob", "train", { spec: { suspend: false } }, new RegExp(`task "train": CronJob "train" ${HAND}spec.suspend`)],
  [
    "ServiceAccount",
    "mlstack-ct-hand-workloads",
    { automountServiceAccountToken: true },
    new RegExp(`${HAND}automountServiceAccountToken`),
  ],
  [
    "Namespace",
    "mlstack-ct-hand",
    { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } },
    new RegExp(`platform: Namespace "mlstack-ct-hand" ${HAND}metadata.labels.pod-security.kubernetes.io/enforce`),
  ],
];

test("what was changed is said and put right, and the next change meets no conflict", async () => {
  const { kube, namespace } = target;
  for (const [kind, name, fields] of CHANGED) await kube.change(namespace, kind, name, fields);
  await putRight(CHANGED.map(([, , , line]) => line));
  expect(await target.runs("web")).toHaveLength(2);
  expect(await target.runs("db")).toHaveLength(1);
});

describe("what a deployment leaves alone is found: somebody", () => {
  const STACK = { "mlstack.dev/stack": "mlstack.ct-hand" };
  const LABELLED = "carries the label of this stack, and no deployment has made it: a deployment leaves it as it is";
  const further = (object: string, path: string) =>
    new RegExp(`: ${object} has further fields by hand \\(kubectl-edit\\): ${path.replaceAll(/[.[\]]/g, "\\$&")} stays$`);
  const sleeping = { containers: [{ name: "x", image: process.env["MLSTACK_BASE_IMAGE"] ?? "", command: ["sleep", "600"] }] };

  const FIELDS: [what: string, kind: string, name: string, fields: object, undo: object, found: RegExp][] = [
    [
      "annotates",
      "Deployment",
      "db",
      { metadata: { annotations: { mine: "1" } } },
      { metadata: { annotations: { mine: null } } },
      further('Deployment "db"', "metadata.annotations.mine"),
    ],
    [
      "labels a claim",
      "PersistentVolumeClaim",
      "data",
      { metadata: { labels: { mine: "1" } } },
      { metadata: { labels: { mine: null } } },
      further('PersistentVolumeClaim "data"', "metadata.labels.mine"),
    ],
    [
      "pauses a rollout",
      "Deployment",
      "db",
      { spec: { paused: true } },
      { spec: { paused: null } },
      further('Deployment "db"', "spec.paused"),
    ],
  ];

  test.each(FIELDS)("%s %s %s", async (_, kind, name, fields, undo, found) => {
    const { kube, namespace } = target;
    await kube.change(namespace, kind, name, fields, true);
    const seen = await drift();
    await kube.change(namespace, kind, name, undo, true);
    expect(seen).toEqual([expect.stringMatching(found)]);
  });

  const MADE: [kind: string, fields: object][] = [
    ["Pod", { spec: { ...sleeping, automountServiceAccountToken: false } }],
    ["ConfigMap", { data: { a: "b" } }],
    ["Secret", { stringData: { a: "b" } }],
    ["Service", { spec: { clusterIP: "None", ports: [{ port: 80 }] } }],
    ["NetworkPolicy", { spec: { podSelector: {} } }],
    ["Deployment", { spec: { replicas: 0, selector: { matchLabels: STACK }, template: { metadata: { labels: STACK }, spec: sleeping } } }],
  ];

  test.each(MADE)("makes a %s with the stack's label", async (kind, fields) => {
    const { kube, namespace } = target;
    const hardened = kind === "Pod" ? restricted(fields) : fields;
    await kube.create(namespace, kind, "by-hand", { ...hardened, metadata: { labels: STACK } });
    const seen = await drift();
    await kube.remove(namespace, kind, "by-hand");
    expect(seen).toEqual([`${kind} "by-hand" ${LABELLED}`]);
    await until("it is gone", async () => (await drift()).length === 0);
  });

  test("changes a pod, and takes another from its workload", async () => {
    const { kube, namespace } = target;
    const [one, other] = (await kube.pods(namespace, "web")).map(({ metadata }) => metadata?.name ?? "");
    if (one === undefined || other === undefined) throw new Error("no pods");
    await kube.change(namespace, "Pod", one, { metadata: { labels: { mine: "1" } } });
    await kube.change(namespace, "Pod", other, { metadata: { labels: { "mlstack.dev/workload": "mine" } } });
    await until("its workload has let it go", async () =>
      (await kube.pods(namespace, "mine")).every(({ metadata }) => metadata?.ownerReferences === undefined),
    );
    expect(await drift()).toEqual([
      `Pod "${other}" ${LABELLED}`,
      `Pod "${one}" was changed by hand (kubectl-edit): its labels: a deployment leaves it as it is until the pod is replaced`,
    ]);
    for (const name of [one, other]) await kube.remove(namespace, "Pod", name);
    await until("other pods are there", async () => (await drift()).length === 0);
  });

  test("adds a variable, a container, a port and an address, and takes the stack's label from another object", async () => {
    const { kube, namespace } = target;
    const [container] = sleeping.containers;
    const pod = { containers: [{ name: "db", env: [{ name: "NEW", value: "1" }] }], initContainers: [{ ...container, command: ["true"] }] };
    await kube.change(namespace, "Deployment", "db", { spec: { template: { spec: pod } } }, true);
    await kube.change(namespace, "Service", "db", { spec: { ports: [{ port: 9, name: "x" }], externalIPs: ["10.9.9.9"] } }, true);
    await kube.change(namespace, "PodDisruptionBudget", "web", { metadata: { labels: { "mlstack.dev/stack": null } } });
    const seen = await drift();
    await kube.change(namespace, "PodDisruptionBudget", "web", { metadata: { labels: STACK } });
    const hand = "has further fields by hand (kubectl-edit):";
    expect(seen.sort()).toEqual([
      `service "db": Deployment "db" ${hand} spec.template.spec.containers[db].env, spec.template.spec.initContainers stay`,
      `service "db": Service "db" ${hand} spec.externalIPs, spec.externalTrafficPolicy, spec.ports[9] stay`,
      'service "web": PodDisruptionBudget "web" has lost the stack\'s label: a deployment is refused while that is so',
    ]);
  });

  /** As the namespace admits it. */
  function restricted(fields: object): object {
    const spec = Object(Reflect.get(fields, "spec"));
    const securityContext = { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } };
    const closed = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    return { spec: { ...spec, securityContext, containers: spec.containers.map((one: object) => ({ ...one, securityContext: closed })) } };
  }
});

test("others that are put in the place of files and a secret are made again, and what reads them with them", async () => {
  const { kube, namespace } = target;
  for (const [kind, workload] of [
    ["ConfigMap", "settings"],
    ["Secret", "login"],
  ] as const) {
    const found = await kube.objects(`mlstack.dev/stack=mlstack.ct-hand,mlstack.dev/workload=${workload}`);
    const name = found.find((one) => one.startsWith(`${kind}/`))?.slice(kind.length + 1) ?? "";
    const { metadata } = await kube.read(namespace, kind, name);
    await kube.remove(namespace, kind, name);
    const data = kind === "Secret" ? { data: { key: "b3RoZXI=" } } : { data: { "a.txt": "other" } };
    await kube.create(namespace, kind, name, {
      ...data,
      metadata: { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} },
    });
  }
  // With what was added to them.
  for (const kind of ["Deployment", "Service"]) await kube.remove(namespace, kind, "db");
  await putRight([
    /service "db": (Deployment|Service) "db" and (Service|Deployment) "db" are gone: will be made again/,
    /PodDisruptionBudget "web" was changed by hand \(kubectl-edit\): metadata.labels.mlstack.dev\/stack will be as declared again/,
    /configFiles "settings": ConfigMap "settings-[0-9a-f]{8}"( \(another is in its place\))? is gone: will be made again/,
    /secret "login": Secret "login"( \(another is in its place\))? is gone: will be made again/,
  ]);
});

test(`${5 * CLEAN_RUNS} looks at what nobody has touched find nothing`, async () => {
  for (let run = 0; run < 5 * CLEAN_RUNS; run++) expect(await drift()).toEqual([]);
});

test("a job that is gone after its success is not run again, whatever changes but its work", async () => {
  await target.kube.remove(target.namespace, "Job", "plain");
  await until("it is gone", async () => !(await objects()).includes("Job/plain"));
  target.stack.configure({ ask: ask({ deadline: "1h" }) });
  await good(target.stack.up("--expect-no-changes"));
  expect(await objects()).not.toContain("Job/plain");
  target.stack.configure({ ask: ask({ inputs: { data: "2" } }) });
  await good(target.stack.up());
  target.stack.configure({ ask: ask({ inputs: { data: "3" } }) });
  // What is to be replaced, the provider would try beside the old one, and say that it cannot.
  expect(await good(target.stack.preview())).not.toContain("retrying with name");
  await good(target.stack.up());
  expect(await objects()).toContain("Job/plain");
});

test("a component that moves without an alias is refused, since its objects would be deleted; with one it stays", async () => {
  const before = await objects();
  const inside = (more: string) => (text: string) =>
    text.replace(
      /^const opts = .*$/m,
      `const opts = { parent: new pulumi.ComponentResource("a:b:C", "c", {}, { parent: platform })${more} };`,
    );
  target.stack.edit("test/contract/program.ts", inside(""));
  const { code, text } = await target.stack.up();
  expect(code).not.toBe(0);
  expect(text).toContain('volume "data" was declared at another place of the program, and its objects would be deleted with that place:');
  expect(await objects()).toEqual(before);
  target.stack.edit("test/contract/program.ts", inside(", aliases: [{ parent: platform }]"));
  await good(target.stack.up());
  expect(await objects()).toEqual(before);
});
