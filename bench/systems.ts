import { task } from "../tools/commands/task.ts";
import { Problem } from "../tools/lib/problem.ts";
import { type Environment, NAME, type Project, project } from "./project.ts";

/** A system that answers through a gateway, whose replicas another one can be put in front of. */
export interface System {
  readonly name: string;
  /** Of all its names on the engine. */
  readonly prefix: string;
  readonly gateway: string;
  /** Host and port of each replica, inside. */
  readonly replicas: readonly string[];
  /** Where its gateway answers on this machine. */
  readonly port: number;
  readonly path: string;
  /** Body of a POST request, JSON. */
  readonly question: string;
  /** Brings it up until it answers. */
  up(): Promise<void>;
  /** Back to nothing. */
  down(): Promise<void>;
}

const PASSWORD = "a-password-for-the-bench";
const PAYMENT = {
  amount: 950,
  hour: 3,
  account_age_days: 2,
  payments_last_day: 14,
  distance_km: 900,
  new_device: 1,
  foreign_merchant: 1,
  failed_logins: 4,
  merchant_risk: 0.9,
  share_of_balance: 0.95,
};

/** The fraud detection, and model serving with a version that its own task has trained. */
export async function systems(home: string, env: Environment): Promise<readonly System[]> {
  return [await fraudDetection(home, env), await modelServing(home, env)];
}

async function fraudDetection(home: string, env: Environment): Promise<System> {
  const [prefix, port] = [`${NAME}-fraud`, 18_491];
  const features = { publish: { port }, api: { replicas: 2 } };
  const stack = await project(home, "fraud", "infra/index.ts", env, { platform: { kind: "docker", prefix }, features });
  return {
    name: "fraud detection",
    prefix,
    gateway: "gateway-0",
    replicas: ["api-0:8000", "api-1:8000"],
    port,
    path: "/predict",
    question: JSON.stringify({ id: 1 }),
    up: () => deploy(stack),
    down: () => remove(stack),
  };
}

async function modelServing(home: string, env: Environment): Promise<System> {
  const [prefix, port] = [`${NAME}-serving`, 18_492];
  const server = { user: { uid: 1000, gid: 1000 } };
  const settings = {
    platform: { kind: "docker", prefix },
    tracking: { admin: { username: "admin" }, publish: { port: 18_494 }, size: "5Gi", keep: false },
    experiments: { model: "fraud", alias: "production", resources: { cpu: 1, memory: "2Gi" } },
    serving: { api: { model: "fraud@production", replicas: 2, server, publish: { port } } },
  };
  const secrets = { "mlstack:tracking.admin.password": PASSWORD };
  const stack = await project(home, "model-serving", "infra/index.ts", env, settings, { name: "model-serving", secrets });
  return {
    name: "model serving",
    prefix,
    gateway: "api-gateway-0",
    replicas: ["api-0:8000", "api-1:8000"],
    port,
    path: "/predict",
    question: JSON.stringify({ columns: Object.keys(PAYMENT), rows: [Object.values(PAYMENT)] }),
    async up() {
      await deploy(stack);
      if ((await task(env, "train", [], { stack: NAME, cwd: stack.folder })) !== 0) throw new Problem("bench: the training failed");
      await deploy(stack);
    },
    down: () => remove(stack),
  };
}

async function deploy(stack: Project): Promise<void> {
  await stack.run("up", "--yes", "--skip-preview");
}

async function remove(stack: Project): Promise<void> {
  await stack.run("destroy", "--yes", "--skip-preview");
}
