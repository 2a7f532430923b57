import { execFile } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { promisify } from "node:util";
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Pod,
} from "@kubernetes/client-node";

import { underLock } from "../../tools/lib/lock.mjs";
import { close as end, listen, portOf } from "./loopback.ts";
import { until } from "./stack.ts";

const program = promisify(execFile);

/** The kinds of which a stack may consist, with the version of each. */
const KINDS: readonly (readonly [version: string, kind: string])[] = [
  ["v1", "ConfigMap"],
  ["v1", "Namespace"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Pod"],
  ["v1", "Secret"],
  ["v1", "Service"],
  ["v1", "ServiceAccount"],
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["batch/v1", "CronJob"],
  ["batch/v1", "Job"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["policy/v1", "PodDisruptionBudget"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
];

/** A port of this machine behind which a service answers. */
export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

/** The real cluster, as a test sees it. Its node is this very machine. */
export class Kube {
  /** For what only one test needs. */
  readonly core: CoreV1Api;
  private readonly config = new KubeConfig();
  private readonly apps: AppsV1Api;
  private readonly any: KubernetesObjectApi;

  /** The cluster that `npm run test:kubernetes` hands to the tests. */
  constructor() {
    this.config.loadFromFile(variable("KUBECONFIG"));
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.any = KubernetesObjectApi.makeApiClient(this.config);
  }

  /** `Kind/name` of everything in any namespace that a label selector finds, sorted. */
  async objects(label: string): Promise<string[]> {
    const lists = KINDS.map(async ([version, kind]) => {
      const { items } = await this.any.list(version, kind, undefined, undefined, undefined, undefined, undefined, label);
      return items.map(({ metadata }) => `${kind}/${metadata?.name}`);
    });
    return (await Promise.all(lists)).flat().sort();
  }

  /** The pods of a workload by name, those that end among them. */
  async pods(namespace: string, workload: string): Promise<V1Pod[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector: `mlstack.dev/workload=${workload}` });
    return items.sort((a, b) => ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1));
  }

  /** What the pod's container printed; `previous`: what it printed before it was started again. */
  logs(namespace: string, pod: string, { previous = false } = {}): Promise<string> {
    return this.core.readNamespacedPodLog({ namespace, name: pod, previous });
  }

  /** Runs a program in the pod's container and returns its standard output; fails, with its errors, where it does. */
  async exec(namespace: string, pod: string, command: string[]): Promise<string> {
    const [output, errors] = [new Text(), new Text()];
    return new Promise((resolve, reject) => {
      const fail = (why = "the connection ended early") => reject(new Error(`${pod}: ${command.join(" ")}: ${why}\n${errors.text}`));
      new Exec(this.config)
        .exec(namespace, pod, "", command, output, errors, null, false, ({ status, message }) =>
          status === "Success" ? resolve(output.text) : fail(message),
        )
        // After the program's own end this changes nothing.
        .then((socket) => socket.on("close", () => fail()), reject);
    });
  }

  /** Kills the main process of the pod's container from the node, as a crash would. */
  async crash(namespace: string, pod: string): Promise<void> {
    const id = await this.containerOf(namespace, pod);
    const [, pid, state] =
      (await ctr("tasks", "ls"))
        .split("\n")
        .map((line) => line.split(/\s+/))
        .find(([task]) => task === id) ?? [];
    if (state !== "RUNNING" || Number(pid) <= 1) throw new Error(`${pod} is not running`);
    process.kill(Number(pid), "SIGKILL");
  }

  /** Holds every process of the pod's container, as a host does that is paused; resolves to what lets them run again. */
  async freeze(namespace: string, pod: string): Promise<() => Promise<void>> {
    const id = await this.containerOf(namespace, pod);
    await ctr("tasks", "pause", id);
    return async () => void (await ctr("tasks", "resume", id));
  }

  private async containerOf(namespace: string, pod: string): Promise<string> {
    const { status } = await this.core.readNamespacedPod({ namespace, name: pod });
    return status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "") ?? "";
  }

  /** Requests the pod's end and does not wait for it: its owner creates another meanwhile. */
  async deletePod(namespace: string, pod: string): Promise<void> {
    await this.core.deleteNamespacedPod({ namespace, name: pod });
  }

  /** Deletes an object by hand, and does not wait until it is gone. */
  async remove(namespace: string, kind: string, name: string): Promise<void> {
    // As kubectl does: with the pods of a Job.
    await this.any.delete(this.header(namespace, kind, name), undefined, undefined, undefined, undefined, "Background");
  }

  /**
   * Changes fields of an object by hand, as `kubectl edit` does: `null` removes one.
   *
   * @param isMerged whether entries of lists are merged by their names, as `kubectl set` does; otherwise a list is replaced whole
   */
  async change(namespace: string, kind: string, name: string, fields: object, isMerged = false): Promise<void> {
    const header = this.header(namespace, kind, name);
    const body = { ...header, ...fields, metadata: { ...header.metadata, ...("metadata" in fields ? Object(fields.metadata) : {}) } };
    const strategy = isMerged ? PatchStrategy.StrategicMergePatch : PatchStrategy.MergePatch;
    await this.any.patch(body, undefined, undefined, "kubectl-edit", undefined, strategy);
  }

  /** An object as it is. */
  async read(namespace: string, kind: string, name: string): Promise<KubernetesObject> {
    return this.any.read(this.header(namespace, kind, name));
  }

  /** Makes an object by hand, as `kubectl create` does. */
  async create(namespace: string, kind: string, name: string, { metadata = {}, ...fields }: { readonly metadata?: object }): Promise<void> {
    const header = this.header(namespace, kind, name);
    await this.any.create({ ...header, ...fields, metadata: { ...header.metadata, ...metadata } }, undefined, undefined, "kubectl-create");
  }

  private header(namespace: string, kind: string, name: string) {
    const apiVersion = KINDS.find((one) => one[1] === kind)?.[0] ?? "v1";
    return { apiVersion, kind, metadata: kind === "Namespace" ? { name } : { name, namespace } };
  }

  /** Changes the number of pods of a StatefulSet, and does not wait for it. */
  async scaleSet(namespace: string, name: string, replicas: number): Promise<void> {
    const body = [{ op: "replace", path: "/spec/replicas", value: replicas }];
    await this.apps.patchNamespacedStatefulSetScale({ namespace, name, body });
  }

  /**
   * Opens a port of this machine behind which the service answers as inside the cluster: each connection goes to any
   * ready pod. A node learns up to a second later than the API server which services and ready pods there are: ask, by a
   * new connection each time, until the service answers.
   */
  async forward(namespace: string, service: string, port: number): Promise<Forward> {
    const { spec } = await this.core.readNamespacedService({ namespace, name: service });
    const host = spec?.clusterIP;
    if (host === undefined || host === "None") throw new Error(`service ${service} has no address of its own`);
    const open = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(port, host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(one);
        one.pipe(other);
        one.once("error", () => other.destroy()).once("close", () => open.delete(one));
      }
    });
    await listen(server);
    const close = async () => {
      for (const socket of open) socket.destroy();
      await end(server);
    };
    return { port: portOf(server), close };
  }

  /** Removes what a failed test left, and waits until it is gone. */
  async removeNamespace(name: string): Promise<void> {
    await this.core.deleteNamespace({ name }).catch(() => {});
    await until(
      `namespace ${name} gone`,
      async () => !(await this.core.listNamespace()).items.some(({ metadata }) => metadata?.name === name),
    );
  }

  /**
   * The cluster's volumes are folders of this machine that stay full when their claim is deleted: empties them for the next. One process
   * at a time: what another has just emptied may be in use again.
   */
  recycleVolumes(): Promise<void> {
    return underLock(`${variable("KUBECONFIG")}.volumes.lock`, () => this.emptyVolumes());
  }

  private async emptyVolumes(): Promise<void> {
    for (const { metadata, spec, status } of (await this.core.listPersistentVolume()).items) {
      if (status?.phase !== "Released" && status?.phase !== "Failed") continue;
      const folder = spec?.hostPath?.path ?? "";
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
      const body = [{ op: "remove", path: "/spec/claimRef" }];
      await this.core.patchPersistentVolume({ name: metadata?.name ?? "", body }).catch(() => {});
    }
  }

  /** Copies images of this machine's Docker engine to the node. */
  async load(...images: string[]): Promise<void> {
    await program(variable("MLSTACK_TEST_CLUSTER"), ["load", ...images]);
  }
}

/** Keeps what is written to it. */
class Text extends Writable {
  private readonly parts: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.parts).toString("utf8");
  }

  override _write(part: Buffer, _: BufferEncoding, done: () => void): void {
    this.parts.push(part);
    done();
  }
}

/** Runs a command of the node's container engine. */
async function ctr(...args: string[]): Promise<string> {
  const { stdout: kubeconfig } = await program(variable("MLSTACK_TEST_CLUSTER"), ["kubeconfig"]);
  const socket = join(dirname(kubeconfig.trim()), "run", "containerd.sock");
  return (await program("ctr", ["--address", socket, "--namespace", "k8s.io", ...args])).stdout;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run these tests by npm run test:kubernetes`);
  return value;
}
