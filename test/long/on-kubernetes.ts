import { execFile } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";
import { promisify } from "node:util";

import { type Example, kubernetesExample, NODE } from "../support/example.ts";
import { Kube } from "../support/kube.ts";
import { freePort, until } from "../support/stack.ts";
import { docker, LABEL, labels, makeDisk, Observer, removeRun } from "./observer.ts";
import type { Pages } from "./pages.ts";
import type { Part, RunningPipeline, Tables } from "./pipeline.ts";

const program = promisify(execFile);
/** Ports on which the parts answer. */
const PORTS: Readonly<Record<Part, number>> = { inference: 9400, stream: 9400, ui: 8050, mlflow: 5000 };
const PARTS: readonly Part[] = ["inference", "stream", "mlflow", "ui"];

/** Capacities by which each claim finds its own disk, the smallest that holds it. */
const DISKS = { rows: "48Mi", runs: "256Mi" } as const;

/**
 * `examples/wind-power` in a namespace of a cluster whose only node is this machine. Its rows are on a disk of their own, which an
 * observer on this machine sees as well: it may be filled.
 */
export class OnKubernetes implements RunningPipeline {
  private readonly name: string;
  private readonly example: Example;
  private readonly observer: Observer;
  private readonly kube = new Kube();

  private constructor(name: string, example: Example, observer: Observer) {
    this.name = name;
    this.example = example;
    this.observer = observer;
  }

  /** Deploys everything; resolves when all of it is ready. @param steps image of the observer, which has the steps' packages */
  static async start(name: string, steps: string): Promise<OnKubernetes> {
    await removeStorage(name);
    const observer = await Observer.start(name, { image: steps, network: "host", file: "pipeline.db" });
    await makeDisk(name, `${name}-runs`, DISKS.runs.replace("Mi", "m"));
    // Holds it, as the observer holds the other one.
    const holder = ["--detach", "--name", `${name}-holder`, "--volume", `${name}-runs:/disk`, "--entrypoint", "sleep"];
    await docker("run", ...labels(name), ...holder, steps, "infinity");
    await makeStorage(name);
    const example = await kubernetesExample("wind-power", name);
    const made = new OnKubernetes(name, example, observer);
    try {
      await example.configure({
        platform: { storageClasses: { oneNode: name } },
        tracking: { size: DISKS.runs, hostNames: [NODE], publish: { port: await freePort() } },
        pipeline: {
          data: { size: DISKS.rows },
          steps: {
            history: { env: { HISTORY_ROWS: "2000", SEED: "7" } },
            stream: { env: { STREAM_INTERVAL: "1", SEED: "7" } },
            ui: { publish: { port: await freePort() } },
            "kedro-viz": { publish: { port: await freePort() } },
          },
        },
      });
      const { code, text } = await example.stack.up();
      if (code !== 0) throw new Error(text);
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  /** Where a browser finds the pages. */
  async pages(): Promise<Pages> {
    const [ui, mlflow, graph] = await Promise.all(["ui", "mlflow", "kedro-viz"].map((part) => this.example.url(part)));
    return { ui: ui ?? "", mlflow: mlflow ?? "", graph: graph ?? "" };
  }

  async kill(part: Part): Promise<void> {
    const { pod, restarts } = await this.podOf(part);
    await this.kube.crash(this.name, pod);
    await until(`${part} is started again`, async () => (await this.podOf(part)).restarts > restarts);
  }

  async ills(since: number): Promise<readonly string[]> {
    const [inference, stream, mlflow, ui] = await Promise.all(PARTS.map((part) => this.addressOf(part)));
    return this.observer.ills({ inference: inference ?? "", stream: stream ?? "", mlflow: mlflow ?? "", ui: ui ?? "" }, since);
  }

  lock(seconds: number): Promise<void> {
    return this.observer.lock(seconds);
  }

  fill(seconds: number): Promise<void> {
    return this.observer.fill(seconds);
  }

  async pause(seconds: number): Promise<void> {
    const thaws = await Promise.all(PARTS.map(async (part) => this.kube.freeze(this.name, (await this.podOf(part)).pod)));
    await after(seconds * 1000);
    await Promise.all(thaws.map((thaw) => thaw()));
  }

  look(): Promise<Tables> {
    return this.observer.look();
  }

  async page(): Promise<string | undefined> {
    return this.observer.page(await this.addressOf("ui"));
  }

  async remove(): Promise<void> {
    await this.example.remove();
    await removeStorage(this.name);
  }

  private async podOf(part: Part): Promise<{ pod: string; restarts: number }> {
    const [pod] = (await this.kube.pods(this.name, part)).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    return { pod: pod?.metadata?.name ?? "", restarts: pod?.status?.containerStatuses?.[0]?.restartCount ?? 0 };
  }

  private async addressOf(part: Part): Promise<string> {
    const { spec } = await this.kube.core.readNamespacedService({ namespace: this.name, name: part });
    return `${spec?.clusterIP}:${PORTS[part]}`;
  }
}

/** Volumes that are the disks of this run, in a class of their own. */
async function makeStorage(name: string): Promise<void> {
  const labels = { [LABEL]: name };
  const volumeOf = async (disk: string, storage: string) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: disk, labels },
    spec: {
      capacity: { storage },
      accessModes: ["ReadWriteOnce"],
      storageClassName: name,
      persistentVolumeReclaimPolicy: "Retain",
      hostPath: { path: await docker("volume", "inspect", "--format", "{{.Mountpoint}}", disk) },
    },
  });
  const items = [
    { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name, labels }, provisioner: "kubernetes.io/no-provisioner" },
    await volumeOf(name, DISKS.rows),
    await volumeOf(`${name}-runs`, DISKS.runs),
  ];
  const applied = program("kubectl", ["apply", "--filename", "-"]);
  applied.child.stdin?.end(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await applied;
}

async function removeStorage(name: string): Promise<void> {
  await program("kubectl", ["delete", "persistentvolumes,storageclasses", "--selector", `${LABEL}=${name}`]);
  await removeRun(name);
}
