import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { stringify } from "yaml";

import { haproxyConfig } from "../../components/gateway-config.ts";
import { cacheFolder, ROOT } from "../setup/folders.ts";
import { mustRun } from "../setup/run.ts";
import { compileGo } from "../setup/toolchain-build.ts";
import { composeFile } from "./compose-file.ts";
import { type Cost, cost, median, spread } from "./measure.ts";

type Environment = Readonly<Record<string, string>>;

const NAME = "mlstack-bench";
const LABEL = `dev.mlstack.stack=mlstack/${NAME}`;
const ROUNDS = 5;
const PORT = 18_480;
const GANGS = [20, 100, 200] as const;

/** Measures Pulumi and Docker Compose side by side, in turns, in one run, and prints and writes medians, spread and ratios. */
export async function bench(env: Environment): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), `${NAME}-`));
  const own = { ...env, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "bench" };
  try {
    const lines = ["| what | median (least … most) |", "|---|---|", ...(await firstUps(home, own)), ...(await scaling(home, own))];
    const report = `${lines.join("\n")}\n`;
    const file = join(cacheFolder(), "bench.md");
    writeFileSync(file, report);
    process.stdout.write(`\n${report}\nWritten to ${file}\n`);
    return 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The dev stack from nothing, and a preview that changes nothing. */
async function firstUps(home: string, env: Environment): Promise<string[]> {
  const config = { platform: { kind: "docker", prefix: NAME }, features: { publish: { port: PORT } } };
  const built = await project(home, "build", "infra/index.ts", env, config);
  await built.run("up", "--yes", "--skip-preview");
  const compose = await composeOf(home);
  const images = await imagesOf();
  await built.run("destroy", "--yes", "--skip-preview");
  const stack = await project(home, "dev", "infra/index.ts", env, { ...config, images });
  const ups: Cost[] = [];
  const previews: Cost[] = [];
  const composes: Cost[] = [];
  const seconds: Cost[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    process.stderr.write(`• round ${round} of ${ROUNDS}\n`);
    ups.push(await stack.run("up", "--yes", "--skip-preview"));
    previews.push(await stack.run("preview", "--expect-no-changes"));
    await stack.run("destroy", "--yes", "--skip-preview");
    composes.push(await compose("up", "--detach", "--wait"));
    seconds.push(await compose("up", "--detach", "--wait"));
    await compose("down", "--volumes");
  }
  const of = (costs: readonly Cost[]) => costs.map((one) => one.seconds);
  const ratio = median(of(ups)) / median(of(composes));
  return [
    `| first \`pulumi up\` of the dev stack, s | ${spread(of(ups))} |`,
    `| first \`docker compose up -d --wait\` of the same, s | ${spread(of(composes))} |`,
    `| ratio | ${ratio.toFixed(2)} |`,
    `| \`pulumi preview\`, no changes, s | ${spread(of(previews))} |`,
    `| second \`docker compose up -d --wait\`, s | ${spread(of(seconds))} |`,
    `| largest process of the preview, MB | ${spread(previews.map(({ megabytes }) => megabytes))} |`,
  ];
}

/** The images that the stack's containers run, by the name their settings have: both sides start from the same ones. */
async function imagesOf(): Promise<Record<string, string>> {
  const containers = await new Docker().listContainers({ all: true, filters: { label: [LABEL] } });
  const image = (name: string) => containers.find(({ Names }) => Names[0] === `/${NAME}-${name}`)?.Image ?? "";
  return { redis: image("redis-0"), features: image("build"), api: image("api-0"), gateway: image("gateway-0") };
}

/** What each further container costs a preview that changes nothing. */
async function scaling(home: string, env: Environment): Promise<string[]> {
  const points: { size: number; seconds: number[] }[] = [];
  for (const size of GANGS) {
    process.stderr.write(`• ${size} containers\n`);
    const container = { command: ["true"], resources: { cpu: 0.1, memory: "160Mi" } };
    const ask = { docker: { prefix: NAME }, gangs: { member: { container, size, rendezvousPort: 29_500, maxRestarts: 0 } } };
    const stack = await project(home, `gang-${size}`, "test/contract/program.ts", env, { ask });
    await stack.run("up", "--yes", "--skip-preview");
    const seconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) seconds.push((await stack.run("preview", "--expect-no-changes")).seconds);
    await stack.run("destroy", "--yes", "--skip-preview");
    points.push({ size, seconds });
  }
  const rows = points.map(({ size, seconds }) => `| preview of ${size} containers, no changes, s | ${spread(seconds)} |`);
  return [...rows, ...points.slice(1).map((point, index) => marginal(points[index] ?? point, point))];
}

function marginal(from: { size: number; seconds: number[] }, to: { size: number; seconds: number[] }): string {
  const each = (1000 * (median(to.seconds) - median(from.seconds))) / (to.size - from.size);
  return `| each further container, ${from.size} to ${to.size}, ms | ${each.toFixed(1)} |`;
}

/** A stack of this program with settings of its own, outside the checkout. */
async function project(home: string, folder: string, main: string, env: Environment, config: object) {
  const cwd = join(home, folder);
  mkdirSync(cwd);
  for (const part of ["node_modules", "components", "infra", "workloads", "test", "package.json"])
    symlinkSync(join(ROOT, part), join(cwd, part));
  writeFileSync(
    join(cwd, "Pulumi.yaml"),
    stringify({ name: "mlstack", main, runtime: { name: "nodejs", options: { typescript: false } } }),
  );
  const keys = Object.entries(config).map(([key, value]) => [`mlstack:${key}`, value]);
  const settings = stringify({ config: Object.fromEntries(keys) });
  writeFileSync(join(cwd, `Pulumi.${NAME}.yaml`), settings);
  await mustRun("bench", "pulumi", ["stack", "init", NAME, "--non-interactive"], { cwd, env }).catch(() => "it exists");
  const run = (...args: string[]) => cost("pulumi", [...args, "--stack", NAME, "--non-interactive"], { cwd, env });
  return { run };
}

/** Docker Compose with the containers that stand now as its services. */
async function composeOf(home: string) {
  const program = join(cacheFolder(), "compose-2.40.3", "docker-compose");
  if (!existsSync(program)) {
    process.stderr.write("• building docker-compose 2.40.3, about two minutes\n");
    const source = join(ROOT, "tools", "bench", "compose");
    const ldflags = "-X github.com/docker/compose/v2/internal.Version=v2.40.3";
    await compileGo({ name: "docker-compose", source, target: "github.com/docker/compose/v2/cmd", ldflags }, program);
  }
  const gateway = join(home, "gateway");
  mkdirSync(gateway, { mode: 0o755 });
  writeFileSync(
    join(gateway, "haproxy.cfg"),
    haproxyConfig({ address: "api", port: 8000, readyPath: "/ready", listen: 8080, requestTimeout: "30s" }),
  );
  const file = join(home, "compose.yaml");
  writeFileSync(file, await composeFile(NAME, LABEL, gateway));
  return (...args: string[]) => cost(program, ["--file", file, "--project-name", NAME, ...args], {});
}
