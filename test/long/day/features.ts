import { fraudQuestions } from "../../support/traffic.ts";
import { deployed } from "./deployed.ts";
import { type DayFault, type DaySystem, type Scene, wasKilled } from "./fault.ts";
import { Load } from "./load.ts";

/** Milliseconds between two questions of a client, and how many clients there are. */
const [BETWEEN, CLIENTS] = [100, 4];

/** The trainer wrote a checkpoint a moment ago. */
const trains = async (_: Scene, status: string) => /✓ training\/trainer +2\/2 train, checkpoint \d s ago/.test(status);

const source = async ({ ground }: Scene): Promise<unknown> => {
  const answer = await fetch(`${await ground.example.url("features")}/features/3`, { signal: AbortSignal.timeout(5000) });
  return Object(await answer.json()).source;
};

const FAULTS: readonly (readonly DayFault[])[] = [
  [
    {
      name: "a replica of the API is killed",
      strike: async ({ ground }) => {
        await ground.crash("api", 0);
        return async () => {};
      },
      status: wasKilled("api-0"),
      logs: ["api", /Application startup complete/],
      alerts: [],
      // What it had been asked and had not answered.
      costs: CLIENTS,
    },
    {
      name: "a rank is killed",
      strike: async ({ ground }) => {
        await ground.crash("trainer", 1);
        return async () => {};
      },
      status: wasKilled("trainer-1"),
      logs: ["trainer", /lost a peer|resumed from epoch/],
      alerts: [],
      well: trains,
    },
  ],
  [
    {
      name: "Redis is stopped",
      strike: ({ ground }) => ground.halt("redis", 0),
      status: /✗ features\/redis +0\/1 ready/,
      logs: ["api", /Redis is down: answering from Parquet/],
      alerts: ["PartDown of redis", "FallbackInUse of api"],
      well: async (scene) => (await source(scene)) === "redis",
    },
    {
      name: "a rank hangs, and training with it",
      strike: ({ ground }) => ground.hang("trainer", 0),
      logs: ["trainer", /lost a peer/],
      alerts: ["RanksMissing of trainer"],
      // The others end for want of it, come back, and end again.
      also: ["TrainingStuck of trainer", "RestartLoop of trainer"],
      well: trains,
    },
  ],
  [
    {
      name: "one of two replicas is stopped",
      strike: ({ ground }) => ground.halt("api", 1),
      status: /✗ features\/api +1\/2 ready/,
      alerts: ["ReplicasMissing of api"],
    },
  ],
  [
    {
      name: "the gateway is stopped",
      strike: ({ ground }) => ground.halt("gateway", 0),
      status: /✗ features\/gateway +0\/1 ready/,
      alerts: ["PartDown of gateway"],
      costs: Number.POSITIVE_INFINITY,
      well: async (scene) => (await source(scene)) === "redis",
    },
  ],
];

/** Features, Redis, an API of two replicas, and two ranks that never come to their end. */
export const FEATURES: DaySystem = {
  example: "fraud-detection",
  commands: { part: "api", gateway: "gateway", misspelt: "apii" },
  rounds: FAULTS,
  async deploy(ground) {
    await deployed(ground, {
      features: { accounts: 1000, transactions: 4000 },
      training: { nodes: 2, epochs: 100_000, env: { EPOCH_SECONDS: "1", COLLECTIVE_TIMEOUT: "10" } },
    });
    const questions = fraudQuestions(await ground.example.url("features"));
    return new Load(questions.slice(0, CLIENTS), BETWEEN);
  },
};
