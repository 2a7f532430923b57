import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { ContainerSpec, ServiceSpec } from "../../components/workload/index.ts";
import { addressOf, secretValue } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { containerOf, DEPLOYMENT, JOB, onKubernetes, refusalOf, templateOf } from "../support/kubernetes.ts";
import { aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const service = (changes: Partial<ServiceSpec>, settings?: KubernetesSettings) =>
  onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec(changes), opts), settings);
const running = (container: Partial<ContainerSpec>) => service({ container: { image: "shop:1", ...container } });
const pod = () => templateOf(engine, DEPLOYMENT, "api").spec;
const main = () => containerOf(engine, DEPLOYMENT, "api");

test("a plain service's pod has no rights, no token, a fixed share of the node and folders in memory", async () => {
  await service({});
  expect(templateOf(engine, DEPLOYMENT, "api")).toEqual({
    metadata: {
      labels: {
        "app.kubernetes.io/managed-by": "mlstack",
        "app.kubernetes.io/name": "api",
        "mlstack.dev/stack": "shop.test",
        "mlstack.dev/workload": "api",
      },
    },
    spec: {
      serviceAccountName: "shop-test-workloads",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: 13,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        fsGroup: 10001,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "mlstack.dev/stack": "shop.test", "mlstack.dev/workload": "api" } },
      })),
      volumes: [
        { name: "memory-0", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
        { name: "memory-1", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      ],
      containers: [
        {
          name: "api",
          image: "shop:1",
          imagePullPolicy: "IfNotPresent",
          env: [],
          volumeMounts: [
            { name: "memory-0", mountPath: "/tmp" },
            { name: "memory-1", mountPath: "/dev/shm" },
          ],
          resources: { limits: { cpu: "1000m", memory: "512Mi" }, requests: { cpu: "100m", memory: "512Mi" } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
          startupProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 45 },
          readinessProbe: { httpGet: { port: 8000, path: "/ready" }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
          livenessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
          lifecycle: { preStop: { sleep: { seconds: 3 } } },
        },
      ],
    },
  });
});

describe("a container", () => {
  test("runs as the user and group that are asked for", async () => {
    await running({ user: { uid: 999, gid: 998 } });
    expect(pod().securityContext).toMatchObject({ runAsUser: 999, runAsGroup: 998, fsGroup: 998 });
  });

  test("has time to stop, after the seconds in which its callers learn that it leaves", async () => {
    await running({ stopGrace: "1500ms" });
    expect(pod().terminationGracePeriodSeconds).toBe(5);
  });

  test("has each folder in memory with its own limit", async () => {
    await running({ scratch: { "/var/run": "1Mi", "/tmp": "2Mi" }, sharedMemory: "3Mi" });
    const sizes = new Map(pod().volumes?.map(({ name, emptyDir }) => [name, emptyDir?.sizeLimit]));
    const folders = main().volumeMounts?.map(({ name, mountPath }) => [mountPath, sizes.get(name)]);
    expect(folders).toEqual([
      ["/var/run", "1Mi"],
      ["/tmp", "2Mi"],
      ["/dev/shm", "3Mi"],
    ]);
  });

  test("mounts volumes by their claim and files read-only", async () => {
    await onKubernetes(engine, (platform, opts) => {
      const volume = platform.volume("data", { access: "many-nodes" }, opts);
      const files = platform.configFiles("config", { files: { "a.cfg": "x" } }, opts);
      const mounts = [
        { volume, path: "/data" },
        { volume, path: "/read", readOnly: true },
        { files, path: "/etc/a" },
      ];
      platform.service("api", aServiceSpec({ container: { image: "a", mounts } }), opts);
    });
    expect(pod().volumes?.slice(0, 3)).toEqual([
      { name: "mount-0", persistentVolumeClaim: { claimName: "data" } },
      { name: "mount-1", persistentVolumeClaim: { claimName: "data" } },
      { name: "mount-2", configMap: { name: expect.stringMatching(/^config-[0-9a-f]{8}$/), defaultMode: 0o444 } },
    ]);
    expect(main().volumeMounts?.slice(0, 3)).toEqual([
      { name: "mount-0", mountPath: "/data", readOnly: false },
      { name: "mount-1", mountPath: "/read", readOnly: true },
      { name: "mount-2", mountPath: "/etc/a", readOnly: true },
    ]);
  });

  test("refuses a volume of another platform", async () => {
    const resource = Object.create(pulumi.Resource.prototype);
    const volume = { kind: "volume", name: "elsewhere", resource, access: "one-node" } as const;
    await expect(running({ mounts: [{ volume, path: "/d" }] })).rejects.toThrow('volume "elsewhere" is not of this platform');
  });
});

test("refuses all handles of another namespace, and keys that do not exist, at once", async () => {
  const ask = engine.run(() => {
    const [here, elsewhere] = ["here", "elsewhere"].map((name) => KubernetesPlatform.offline({ namespace: { name } }));
    if (here === undefined || elsewhere === undefined) throw new Error("unreachable");
    const volume = elsewhere.volume("data", {}, { parent: elsewhere });
    const files = elsewhere.configFiles("config", { files: { a: "1" } }, { parent: elsewhere });
    const stray = elsewhere.secret("login", { values: { key: "x" } }, { parent: elsewhere });
    const own = here.secret("own", { values: { key: "x" } }, { parent: here });
    const mounts = [
      { volume, path: "/data" },
      { files, path: "/etc/a" },
    ];
    const env = { A: secretValue(stray, "key"), B: secretValue(own, "kay"), C: secretValue(own, "key") };
    here.job("load", aJobSpec({ container: { image: "a", mounts, env } }), { parent: here });
  });
  await expect(ask).rejects.toThrow(
    [
      'job "load": 4 invalid arguments',
      '  container.mounts[0]: volume "data" is not of this platform; declare it on the platform that uses it',
      '  container.mounts[1]: configFiles "config" is not of this platform; declare it on the platform that uses it',
      '  container.env.A: secret "login" is not of this platform; declare it on the platform that uses it',
      '  container.env.B: secret "own" has no key "kay"; its keys are key',
    ].join("\n"),
  );
});

describe("variables", () => {
  test("are in the order of their names, whatever order they were given in", async () => {
    await running({ env: { B: "2", C: "3", A: "1" } });
    expect(main().env).toEqual([
      { name: "A", value: "1" },
      { name: "B", value: "2" },
      { name: "C", value: "3" },
    ]);
  });

  test("say a secret by its object and key, a service by its name", async () => {
    await onKubernetes(engine, (platform, opts) => {
      const secret = platform.secret("redis", { values: { password: "hunter2" } }, opts);
      const redis = platform.service("redis", aServiceSpec({ port: 6379 }), opts);
      const env = { B: addressOf(redis), A: secretValue(secret, "password") };
      platform.service("api", aServiceSpec({ container: { image: "a", env } }), opts);
    });
    expect(main().env).toEqual([
      { name: "A", valueFrom: { secretKeyRef: { name: "redis-0a1b2c3d", key: "password" } } },
      { name: "B", value: "redis" },
    ]);
  });

  test("refuse a key that the secret has not, and a secret of another platform", async () => {
    const ask = onKubernetes(engine, (platform, opts) => {
      const secret = platform.secret("redis", { values: { password: "hunter2" } }, opts);
      platform.service("api", aServiceSpec({ container: { image: "a", env: { A: secretValue(secret, "pasword") } } }), opts);
    });
    await expect(ask).rejects.toThrow('secret "redis" has no key "pasword"');
    const stray = { kind: "secret", name: "elsewhere", resource: Object.create(pulumi.Resource.prototype), keys: ["k"] } as const;
    await expect(running({ env: { A: secretValue(stray, "k") } })).rejects.toThrow('secret "elsewhere" is not of this platform');
  });

  test("keep every dollar, in commands and arguments as well, where Kubernetes would expand $(NAME) and halve $$", async () => {
    const [command, args] = [
      ["run", "$(HOME)"],
      ["$$", "a$b"],
    ];
    await running({ env: { A: "$(B)", B: "$$", C: pulumi.output("$c$") }, command, args });
    expect(main().env?.map(({ value }) => value)).toEqual(["$$(B)", "$$$$", "$$c$$"]);
    expect([main().command, main().args]).toEqual([
      ["run", "$$(HOME)"],
      ["$$$$", "a$$b"],
    ]);
  });
});

describe("resources", () => {
  test.each([
    ["a tenth of the processor time and all memory by themselves", { cpu: 4, memory: "2Gi" }, { cpu: "400m", memory: "2Gi" }],
    ["not less than ten millicores", { cpu: "50m" }, { cpu: "10m", memory: "512Mi" }],
    ["what is asked for", { reservation: { cpu: "300m", memory: "256Mi" } }, { cpu: "300m", memory: "256Mi" }],
  ] as const)("reserve %s", async (_, resources, requests) => {
    await running({ resources });
    expect(main().resources?.requests).toEqual(requests);
  });

  test("limit what is asked for", async () => {
    await running({ resources: { cpu: "1500m", memory: "3Gi", reservation: { cpu: "20m", memory: "1Gi" } } });
    expect(main().resources?.limits).toEqual({ cpu: "1500m", memory: "3Gi" });
  });

  test("refuse what only one host can give: own limits, and the name of the machine itself", async () => {
    const container = {
      image: "shop:1",
      resources: { lockedMemory: "unlimited" as const, stack: "64Mi" as const },
      hosts: { "host.docker.internal": "host" as const },
    };
    const said = await refusalOf(engine, (platform, opts) => void platform.service("api", aServiceSpec({ container }), opts));
    expect(said).toContain("3 obstacles; nothing was changed");
    expect(said).toContain(
      '"api": resources.lockedMemory: not available on Kubernetes; leave it out, and raise it on the nodes (LimitMEMLOCK',
    );
    expect(said).toContain('"api": resources.stack: not available on Kubernetes; leave it out, and raise it on the nodes (LimitSTACK');
    expect(said).toContain(
      '"api": hosts["host.docker.internal"]: not available on Kubernetes, where "host" could be any node; give the address',
    );
  });

  test.each([
    ["a service", DEPLOYMENT],
    ["a job", JOB],
  ])("refuse a number of processes of %s's own, with a remedy", async (_, type) => {
    const container = { image: "shop:1", resources: { processes: 100 } };
    const said = await refusalOf(engine, (platform, opts) => {
      if (type === JOB) platform.job("api", aJobSpec({ container }), opts);
      else platform.service("api", aServiceSpec({ container }), opts);
    });
    expect(said).toBe(
      'Kubernetes: 1 obstacle; nothing was changed\n  "api": resources.processes: not available on Kubernetes; leave it out; each node limits the processes of a pod (podPidsLimit of the kubelet)',
    );
  });
});
