import { mustRun } from "../tools/lib/run.ts";
import { CLUSTER_SCRIPT, cluster } from "../tools/offline/cluster.ts";
import { registry, testImages } from "../tools/offline/registry.ts";
import { firstUps, type Peer, previewRows } from "./first-ups.ts";
import { KubectlStack } from "./kubectl.ts";
import { type Cost, timed } from "./measure.ts";
import { type Environment, NAME, type Project, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import { scaling } from "./scaling.ts";
import type { Row } from "./table.ts";

const GANGS = [16, 64, 256] as const;

/** Pulumi and kubectl in turns, on the cluster that the tests use; nothing where there can be none. */
export async function kubernetesBench(home: string, given: Environment): Promise<Row[] | undefined> {
  const nodes = await cluster(given["MLSTACK_BASE_IMAGE"] ?? "");
  if (nodes === undefined) return undefined;
  const images = await registry(testImages());
  const env = { ...given, KUBECONFIG: nodes.kubeconfig };
  const kubectl = new KubectlStack(NAME, home, env);
  try {
    await kubectl.clear();
    const config = await prepared(home, env, images.address, kubectl);
    return [
      ...(await firstUps(await project(home, "dev", "infra/index.ts", env, config), [peerOf(kubectl)], { seconds: 1.2 })),
      ...(await production(await project(home, "prod", "infra/index.ts", env, withReplicas(config)), kubectl)),
      ...(await ranks(home, env, kubectl)),
    ];
  } finally {
    await kubectl.clear();
    await images.end();
    await nodes.down();
  }
}

const platform = { kind: "kubernetes", namespace: { name: NAME } };

function peerOf(kubectl: KubectlStack): Peer {
  return {
    name: "kubectl",
    goals: { up: { most: 1.05 } },
    up: () => kubectl.up(),
    again: () => kubectl.again(),
    down: () => timed(() => kubectl.clear()),
  };
}

/** Builds and pushes the images once, and takes the stack's objects for kubectl; the settings name the images by digest. */
async function prepared(home: string, env: Environment, address: string, kubectl: KubectlStack): Promise<object> {
  process.stderr.write("• images\n");
  const registry = { address: `${address}/mlstack` };
  const built = await project(home, "build", "infra/index.ts", env, { platform: { ...platform, registry }, features: {} });
  await built.run("up", "--yes", "--skip-preview");
  const images = kubectl.take(await built.resources());
  await built.run("destroy", "--yes", "--skip-preview");
  await kubectl.clear();
  const of = (workload: string) => images.get(workload) ?? "";
  const own = { redis: of("redis"), features: of("build"), "feature-api": of("api"), gateway: of("gateway") };
  return { platform, features: {}, images: own };
}

/** Four replicas of the API, and with them a disruption budget, as `Pulumi.prod.yaml` has them. */
const withReplicas = (config: object) => ({ ...config, features: { api: { replicas: 4 } } });

async function production(stack: Project, kubectl: KubectlStack): Promise<Row[]> {
  process.stderr.write("• prod\n");
  await stack.run("up", "--yes", "--skip-preview");
  const previews: Cost[] = [];
  await rounds("preview of prod", ROUNDS, async () => {
    const one = await stack.run("preview", "--expect-no-changes");
    previews.push(one);
    return `${one.megabytes.toFixed(0)} MB`;
  });
  await stack.run("destroy", "--yes", "--skip-preview");
  await kubectl.clear();
  return previewRows("preview of four replicas with a disruption budget, without changes", previews);
}

/** What each further rank costs a preview that changes nothing; they run on simulated nodes with 256 GPUs. */
async function ranks(home: string, env: Environment, kubectl: KubectlStack): Promise<Row[]> {
  await mustRun("bench", CLUSTER_SCRIPT, ["gpu-nodes", "32"]);
  const container = { image: "not-pulled", command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
  const placement = { accelerator: { vendor: "nvidia", count: 1, model: "H100" } };
  const kubernetes = { namespace: platform.namespace, pinnedImages: false };
  try {
    return await scaling("rank", GANGS, {}, (size) => {
      const ask = { kubernetes, gangs: { member: { container, size, rendezvousPort: 29_500, placement } } };
      return project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
    });
  } finally {
    await kubectl.clear();
    await kubectl.run("delete", "nodes", "--selector", "type=kwok");
  }
}
