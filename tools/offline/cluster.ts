import { existsSync, globSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { ROOT } from "../lib/folders.ts";
import { runs } from "../lib/pid-file.ts";
import { Problem } from "../lib/problem.ts";
import { mustRun, run } from "../lib/run.ts";
import { alone, type Report, step } from "../lib/step.ts";
import { pinImages } from "./pin-images.ts";

/** Builds, starts and ends a real cluster of one node on this machine; it is beside the checkout and not part of it. */
export const CLUSTER_SCRIPT = join(ROOT, "..", "shared", "cluster", "cluster");

/** Longest time, in milliseconds, for the API server's answer that it is ready. */
const ANSWER = 5_000;

/** A cluster on which the tests run. */
export interface Cluster {
  /** The file that says how it is reached. */
  readonly kubeconfig: string;
  /** Ends it where this process has started it; one that was there before stays. */
  down(): Promise<void>;
}

/** What a machine has of what a cluster needs. */
export interface ClusterMeans {
  readonly script: boolean;
  readonly root: boolean;
  readonly kubectl: boolean;
  /** The cluster's programs, or Go to build them with. */
  readonly programs: boolean;
}

/** The image that every pod of the cluster begins with. */
const PAUSE = "local/pause:1";

/**
 * A cluster that answers: the one `MLSTACK_TEST_KUBECONFIG` names (its node has to be this machine: tests load images onto
 * it and kill processes there), the one that runs here, or a new one, which is built once (about ten minutes) and started
 * (ten seconds). Needs the Docker engine. Where none can be had it says why and returns nothing.
 *
 * @param baseImage image of the engine that tests run on the node as it is
 */
export async function cluster(baseImage: string): Promise<Cluster | undefined> {
  const given = process.env["MLSTACK_TEST_KUBECONFIG"];
  if (given === undefined) {
    const missing = whyNoCluster(await means());
    if (missing !== undefined) {
      process.stdout.write(`Kubernetes: skipped, ${missing}\n`);
      return undefined;
    }
  }
  return step("Kubernetes", async (report) => {
    const one = await usedOrStarted(CLUSTER_SCRIPT, given, report);
    if (given === undefined) await pinBaseImage(one.value, baseImage);
    return one;
  });
}

/** Builds what a new cluster is started from, where a machine can have one; it takes about ten minutes, once. */
export async function buildCluster(): Promise<void> {
  if (process.env["MLSTACK_TEST_KUBECONFIG"] !== undefined || whyNoCluster(await means()) !== undefined) return;
  await step("Kubernetes", async (report) => {
    await build(CLUSTER_SCRIPT, report);
    return { summary: "a cluster can be started", value: undefined };
  });
}

/** The script builds only what is missing; two of it at once would write the same files. */
function build(script: string, report: Report): Promise<string> {
  return alone("cluster", report, () =>
    mustRun("Kubernetes", script, ["build"], { onLine: (line) => report(line.replace(/^cluster: /, "")) }),
  );
}

/** The cluster of the file that is given, the one that `script` has started before, or the one that it starts now. */
export async function usedOrStarted(
  script: string,
  given: string | undefined,
  report: Report,
): Promise<{ summary: string; value: Cluster }> {
  const kubeconfig = given ?? (await mustRun("Kubernetes", script, ["kubeconfig"])).trim();
  if (given === undefined && existsSync(kubeconfig)) await clearRemains(script, kubeconfig);
  // A node short of disk throws away what nothing runs from just then, even the image that every pod begins with.
  if (given === undefined && existsSync(kubeconfig)) await run(script, ["load", PAUSE]);
  if (await ready(kubeconfig)) return { summary: `the cluster of ${kubeconfig}`, value: { kubeconfig, down: async () => {} } };
  if (given !== undefined) throw new Problem(`no cluster answers by MLSTACK_TEST_KUBECONFIG=${given}; start it, or unset the variable`);
  if (existsSync(kubeconfig)) {
    throw new Problem(
      `a cluster was started on this machine and does not answer. Clear it away: ${script} down; then run this command again.`,
    );
  }
  const down = async () => void (await mustRun("Kubernetes", script, ["down"]));
  try {
    const onLine = (line: string) => report(line.replace(/^cluster: /, ""));
    await build(script, report);
    report("starting");
    await mustRun("Kubernetes", script, ["up"], { onLine });
    if (!(await ready(kubeconfig))) throw new Problem(`the new cluster does not answer by ${kubeconfig}`);
  } catch (error) {
    // Half a cluster would be in the way of the next one; the first error is the one to show.
    await run(script, ["down"]);
    throw error;
  }
  return { summary: "started a cluster of one node", value: { kubeconfig, down } };
}

/** Puts the base image on the node, and keeps it and the one with which every pod begins. */
async function pinBaseImage({ kubeconfig, down }: Cluster, baseImage: string): Promise<void> {
  try {
    await mustRun("Kubernetes", CLUSTER_SCRIPT, ["load", baseImage]);
    await pinImages(kubeconfig, { [PAUSE]: undefined, [baseImage]: ["tail", "-f", "/dev/null"] });
  } catch (error) {
    await down();
    throw error;
  }
}

/** Clears away a cluster that ended with its machine: not one of its processes is left, and their numbers may be others' by now. */
async function clearRemains(script: string, kubeconfig: string): Promise<void> {
  const pidFiles = globSync(join(dirname(kubeconfig), "run", "*.pid"));
  if (pidFiles.length === 0 || pidFiles.some((file) => runs(file, basename(file, ".pid")))) return;
  for (const file of pidFiles) rmSync(file);
  await mustRun("Kubernetes", script, ["down"]);
}

/** Why a machine can have no cluster, and what would change that; nothing where it can. */
export function whyNoCluster({ script, root, kubectl, programs }: ClusterMeans): string | undefined {
  if (!script) return "../shared/cluster is not here";
  if (!root) return "a cluster on this machine needs root; name another one in MLSTACK_TEST_KUBECONFIG";
  if (!kubectl) return "kubectl is not installed; see https://kubernetes.io/docs/tasks/tools, or apt-get install kubernetes-client";
  if (!programs) return "Go 1.25 is needed to build the cluster once; see https://go.dev/dl";
  return undefined;
}

async function means(): Promise<ClusterMeans> {
  if (!existsSync(CLUSTER_SCRIPT)) return { script: false, root: false, kubectl: false, programs: false };
  const folder = (await run(CLUSTER_SCRIPT, ["kubeconfig"])).text.trim().replace(/\/kubeconfig$/, "");
  return {
    script: true,
    root: process.getuid?.() === 0,
    kubectl: await starts("kubectl", "version", "--client"),
    // The build's last piece.
    programs: existsSync(join(folder, "kwok-stages.yaml")) || (await starts("go", "version")),
  };
}

async function starts(program: string, ...args: string[]): Promise<boolean> {
  return (await run(program, args)).code === 0;
}

async function ready(kubeconfig: string): Promise<boolean> {
  if (!existsSync(kubeconfig)) return false;
  // Loaded where it is needed: no other command pays for it.
  const { Health, KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return new Health(config).readyz({ signal: AbortSignal.timeout(ANSWER) }).catch(() => false);
}
