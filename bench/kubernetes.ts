import { mustRun } from "../tools/lib/run.ts";
import { CLUSTER_SCRIPT, cluster } from "../tools/offline/cluster.ts";
import { registry } from "../tools/offline/registry.ts";
import { KubectlStack } from "./kubectl.ts";
import { type Cost, median, spread } from "./measure.ts";
import { type Environment, NAME, type Project, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import { scaling } from "./scaling.ts";

const GANGS = [16, 64, 256] as const;

/** Pulumi and kubectl in turns, on the cluster that the tests use; nothing where there can be none. */
export async function kubernetesBench(home: string, given: Environment): Promise<string[] | undefined> {
  const nodes = await cluster(given["MLSTACK_BASE_IMAGE"] ?? "");
  if (nodes === undefined) return undefined;
  const images = await registry();
  const env = { ...given, KUBECONFIG: nodes.kubeconfig };
  const kubectl = new KubectlStack(NAME, home, env);
  try {
    await kubectl.clear();
    const config = await prepared(home, env, images.address, kubectl);
    return [
      ...(await firstUps(await project(home, "dev", "infra/index.ts", env, config), kubectl)),
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

/** Builds and pushes the images once, and takes the stack's objects for kubectl; the settings name the images by digest. */
async function prepared(home: string, env: Environment, address: string, kubectl: KubectlStack): Promise<object> {
  process.stderr.write("• images\n");
  const registry = { address: `${address}/mlstack` };
  const built = await project(home, "build", "infra/index.ts", env, { platform: { ...platform, registry } });
  await built.run("up", "--yes", "--skip-preview");
  const images = kubectl.take(await built.resources());
  await built.run("destroy", "--yes", "--skip-preview");
  await kubectl.clear();
  const of = (workload: string) => images.get(workload) ?? "";
  return { platform, images: { redis: of("redis"), features: of("build"), api: of("api"), gateway: of("gateway") } };
}

/** The dev stack from nothing, by Pulumi and by kubectl, and what it costs to find that nothing is to be done. */
async function firstUps(stack: Project, kubectl: KubectlStack): Promise<string[]> {
  const costs = { ups: [] as Cost[], previews: [] as Cost[], applies: [] as Cost[], again: [] as Cost[] };
  await rounds("dev stack", ROUNDS, async () => {
    const up = await stack.run("up", "--yes", "--skip-preview");
    costs.previews.push(await stack.run("preview", "--expect-no-changes"));
    await stack.run("destroy", "--yes", "--skip-preview");
    await kubectl.clear();
    const first = await kubectl.up();
    costs.again.push(await kubectl.again());
    await kubectl.clear();
    costs.ups.push(up);
    costs.applies.push(first);
    return `Pulumi ${up.seconds.toFixed(1)} s, kubectl ${first.seconds.toFixed(1)} s`;
  });
  const ratio = median(seconds(costs.ups)) / median(seconds(costs.applies));
  return [
    `| first \`pulumi up\` of the dev stack, s | ${spread(seconds(costs.ups))} |`,
    `| first \`kubectl apply --server-side\` and \`kubectl wait\` of the same in the same order, s | ${spread(seconds(costs.applies))} |`,
    `| ratio | ${ratio.toFixed(2)} |`,
    `| \`pulumi preview\`, no changes, s | ${spread(seconds(costs.previews))} |`,
    `| second \`kubectl apply --server-side\` and \`kubectl wait\`, s | ${spread(seconds(costs.again))} |`,
    `| largest process of the preview, MB | ${spread(megabytes(costs.previews))} |`,
  ];
}

const seconds = (costs: readonly Cost[]) => costs.map((one) => one.seconds);
const megabytes = (costs: readonly Cost[]) => costs.map((one) => one.megabytes);

/** Four replicas of the API, and with them a disruption budget, as `Pulumi.prod.yaml` has them. */
const withReplicas = (config: object) => ({ ...config, features: { api: { replicas: 4 } } });

async function production(stack: Project, kubectl: KubectlStack): Promise<string[]> {
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
  return [
    `| \`pulumi preview\` of four replicas with a disruption budget, no changes, s | ${spread(seconds(previews))} |`,
    `| largest process of it, MB | ${spread(megabytes(previews))} |`,
  ];
}

/** What each further rank costs a preview that changes nothing; they run on simulated nodes with 256 GPUs. */
async function ranks(home: string, env: Environment, kubectl: KubectlStack): Promise<string[]> {
  await mustRun("bench", CLUSTER_SCRIPT, ["gpu-nodes", "32"]);
  const container = { image: "not-pulled", command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
  const placement = { accelerator: { vendor: "nvidia", count: 1, model: "H100" } };
  const kubernetes = { namespace: platform.namespace, pinnedImages: false };
  try {
    return await scaling("rank", GANGS, (size) => {
      const ask = { kubernetes, gangs: { member: { container, size, rendezvousPort: 29_500, placement } } };
      return project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
    });
  } finally {
    await kubectl.clear();
    await kubectl.run("delete", "nodes", "--selector", "type=kwok");
  }
}
