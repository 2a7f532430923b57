import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import type { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import * as w from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { onKubernetes, templateOf, violations } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** A pod that every rule admits, with changes to it and to its one container. */
function aPod(pod: object = {}, container: object = {}, metadata: object = {}) {
  const own = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  return { metadata, spec: { securityContext, containers: [{ name: "main", securityContext: own, ...container }], ...pod } };
}

/** A container that says more in its security context. */
function own(changes: object) {
  return { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, ...changes } };
}

describe("the rules of Pod Security themselves", () => {
  const nonRoot = { runAsNonRoot: true };
  const seccompProfile = { type: "RuntimeDefault" };

  test.each([
    ["nothing", aPod()],
    ["nothing where containers say it instead of the pod", aPod({ securityContext: {} }, own({ runAsNonRoot: true, seccompProfile }))],
    ["hostProcess", aPod({}, own({ windowsOptions: { hostProcess: true } }))],
    ["hostNamespaces", aPod({ hostNetwork: true })],
    ["hostNamespaces", aPod({ hostPID: true })],
    ["hostNamespaces", aPod({ hostIPC: true })],
    ["privileged", aPod({}, own({ privileged: true }))],
    ["hostPorts", aPod({}, { ports: [{ containerPort: 80, hostPort: 80 }] })],
    ["hostProbes", aPod({}, { livenessProbe: { tcpSocket: { port: 80, host: "10.0.0.1" } } })],
    ["hostProbes", aPod({}, { lifecycle: { preStop: { httpGet: { port: 80, host: "10.0.0.1" } } } })],
    ["appArmor", aPod({}, own({ appArmorProfile: { type: "Unconfined" } }))],
    ["appArmor", aPod({}, {}, { annotations: { "container.apparmor.security.beta.kubernetes.io/main": "unconfined" } })],
    ["seLinux", aPod({}, own({ seLinuxOptions: { type: "spc_t" } }))],
    ["seLinux", aPod({}, own({ seLinuxOptions: { user: "root" } }))],
    ["procMount", aPod({}, own({ procMount: "Unmasked" }))],
    ["sysctls", aPod({ securityContext: { ...nonRoot, seccompProfile, sysctls: [{ name: "kernel.msgmax", value: "1" }] } })],
    ["volumes", aPod({ volumes: [{ name: "a", hostPath: { path: "/" } }] })],
    ["volumes", aPod({ volumes: [{ name: "a", nfs: { server: "a", path: "/" } }] })],
    ["privilegeEscalation", aPod({}, own({ allowPrivilegeEscalation: undefined }))],
    ["runAsNonRoot", aPod({ securityContext: { seccompProfile } })],
    ["runAsNonRoot", aPod({}, own({ runAsNonRoot: false }))],
    ["runAsUser", aPod({}, own({ runAsUser: 0 }))],
    ["seccomp", aPod({ securityContext: nonRoot })],
    ["seccomp", aPod({ securityContext: { ...nonRoot, seccompProfile: { type: "Unconfined" } } }, own({ seccompProfile }))],
    ["capabilities", aPod({}, own({ capabilities: {} }))],
    ["capabilities", aPod({}, own({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }))],
    ["privilegeEscalation capabilities", aPod({ initContainers: [{ name: "init" }] })],
  ])("find %s", (broken, pod) => expect(`${violations(pod as never).join(" ") || "nothing"}`).toBe(broken.split(" where")[0]));
});

const bytes = (least: number, most: number) => fc.integer({ min: least, max: most }).map((size): w.Memory => `${size}Mi`);
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
const path = fc.stringMatching(/^\/[a-z]{1,8}(\/[a-z]{1,8}){0,2}$/).filter((one) => !one.startsWith("/tmp") && !one.startsWith("/dev"));
const text = fc.string({ maxLength: 20 });

const placement: fc.Arbitrary<NonNullable<w.ServiceSpec["placement"]>> = fc.record(
  {
    accelerator: fc.record({ vendor: fc.constant("nvidia" as const), count: fc.integer({ min: 1, max: 16 }) }),
    nodeSelector: fc.dictionary(label, label, { maxKeys: 3 }),
    tolerations: fc.array(fc.record({ key: label, value: label }, { requiredKeys: ["key"] }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const reservation = fc.record(
  { cpu: fc.integer({ min: 10, max: 100 }).map((m): w.Cpu => `${m}m`), memory: bytes(1, 300) },
  { requiredKeys: [] },
);
const container = fc.record(
  {
    image: fc.constantFrom(
      "shop:1",
      "ghcr.io/acme/shop",
      "localhost:5000/shop:1.4@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    command: fc.array(text, { minLength: 1, maxLength: 3 }),
    args: fc.array(text, { maxLength: 3 }),
    env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), text, { maxKeys: 4 }),
    resources: fc.record({ cpu: fc.integer({ min: 1, max: 64 }), memory: bytes(301, 4096), reservation }, { requiredKeys: ["memory"] }),
    user: fc.record({ uid: fc.integer({ min: 1, max: 2 ** 31 - 1 }), gid: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }, { requiredKeys: [] }),
    scratch: fc.dictionary(path, bytes(1, 30), { maxKeys: 3 }),
    sharedMemory: bytes(1, 100),
    stopGrace: fc.integer({ min: 0, max: 600 }).map((s): w.Duration => `${s}s`),
  },
  { requiredKeys: ["image", "resources"] },
);
const probe: fc.Arbitrary<w.Probe> = fc.oneof(
  fc.constant(w.tcpProbe(80)),
  fc.constant(w.httpProbe(80, "/ready")),
  text.map((one) => w.execProbe([one])),
);

/** Whatever is asked for: a service, job, gang or task, alone or with a volume, files, a secret and a service that it calls. */
const asked = fc.record({
  kind: fc.constantFrom("service", "job", "gang", "task"),
  container,
  placement,
  probe,
  replicas: fc.integer({ min: 1, max: 64 }),
  much: fc.boolean(),
});
type Asked = typeof asked extends fc.Arbitrary<infer A> ? A : never;

function ask(
  platform: KubernetesPlatform,
  opts: w.ChildOptions,
  { kind, container: given, placement: where, probe: readiness, replicas, much }: Asked,
) {
  const volume = platform.volume("data", { access: replicas > 1 ? "many-nodes" : "one-node" }, opts);
  const files = platform.configFiles("config", { files: { a: "b" } }, opts);
  const secret = platform.secret("key", { values: { key: "hunter2" } }, opts);
  const redis = platform.service("redis", aServiceSpec(), opts);
  const more = { ...given.env, SECRET_KEY: w.secretValue(secret, "key"), REDIS_HOST: w.addressOf(redis) };
  const mounts = [
    { volume, path: "/srv/data" },
    { files, path: "/srv/files" },
  ];
  const whole: w.ContainerSpec = much ? { ...given, env: more, mounts } : given;
  if (kind === "service") platform.service("it", aServiceSpec({ container: whole, placement: where, readiness, replicas }), opts);
  if (kind === "job") platform.job("it", aJobSpec({ container: whole, placement: where }), opts);
  if (kind === "task") platform.task("it", aTaskSpec({ container: whole, placement: where, interactive: replicas % 2 === 0 }), opts);
  const env = { ...whole.env, RANK: w.memberIndex(), LEADER: w.leaderAddress() };
  if (kind === "gang") platform.gang("it", aGangSpec({ container: { ...whole, env }, placement: where, size: replicas }), opts);
}

test("whatever is asked for, the API server admits its pods under Pod Security restricted, with bounds on all they may use", async () => {
  await fc.assert(
    fc.asyncProperty(asked, async (given) => {
      await onKubernetes(engine, (platform, opts) => ask(platform, opts, given));
      const { type } = engine.resources.find(({ name, inputs }) => name === "it" && JSON.stringify(inputs).includes('"template"')) ?? {
        type: "",
      };
      const { metadata, spec } = templateOf(engine, type, "it");
      expect(violations({ metadata: metadata ?? {}, spec })).toEqual([]);
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.containers[0]?.securityContext?.readOnlyRootFilesystem).toBe(true);
      expect(Object.keys(spec.containers[0]?.resources?.limits ?? {})).toEqual(expect.arrayContaining(["cpu", "memory"]));
      const mounted = spec.containers[0]?.volumeMounts?.map(({ name }) => name);
      expect(mounted).toEqual(spec.volumes?.map(({ name }) => name));
    }),
    { numRuns: 60 },
  );
});
