import { startTask } from "../../support/task-run.ts";
import { deploy, deployed } from "./deployed.ts";
import { type DayFault, type DaySystem, type Scene, wasKilled } from "./fault.ts";
import type { Ground } from "./ground.ts";
import { Load } from "./load.ts";
import { Stream } from "./stream.ts";

/** Milliseconds between two questions of a client, and how many clients there are: near twenty rows a second. */
const [BETWEEN, CLIENTS] = [200, 5];
const LOGIN = { username: "admin", password: "a password for a day" };
/** By then each replica has been started again so often, in minutes, that it looks like a loop. */
const OFTEN = "RestartLoop of api";
/** The version that is served, and the one of the canary. */
const [SERVED, CANARY] = ["2", "1"];
/** What is asked; of one run. */
let stream: Stream;

/** As somebody does in MLflow. */
async function moveAlias({ example }: Ground, version: string): Promise<void> {
  const answer = await fetch(`${await example.url("mlflow")}/api/2.0/mlflow/registered-models/alias`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${LOGIN.username}:${LOGIN.password}`)}` },
    body: JSON.stringify({ name: "fraud", alias: "production", version }),
  });
  if (!answer.ok) throw new Error(`the alias cannot be moved: ${answer.status} ${await answer.text()}`);
}

/** A preview says what the next deployment would serve; until then what was deployed goes on. */
async function announced({ ground }: Scene): Promise<string[]> {
  const { text } = await ground.example.stack.preview();
  const line = `model fraud@production: version ${SERVED} → ${CANARY}`;
  return text.includes(line) ? [] : [`a preview does not say "${line}":\n${text}`];
}

const killed = (part: string): DayFault => ({
  name: `a replica of ${part} is killed`,
  strike: async ({ ground }) => {
    await ground.crash(part, 0);
    return async () => {};
  },
  status: wasKilled(part),
  logs: [part, /is ready/],
  alerts: [],
  // What it had been asked and had not answered.
  costs: CLIENTS,
});

const FAULTS: readonly (readonly DayFault[])[] = [
  [
    killed("api"),
    killed("api-canary"),
    {
      name: "the alias is moved in the registry",
      strike: async ({ ground }) => {
        await moveAlias(ground, CANARY);
        return () => moveAlias(ground, SERVED);
      },
      status: /✓ serving\/api +2\/2 ready/,
      meanwhile: announced,
      alerts: [],
    },
  ],
  [
    {
      name: "what is asked shifts",
      strike: async () => {
        stream.isShifted = true;
        return async () => {
          stream.isShifted = false;
        };
      },
      alerts: ["DataShift of api"],
      within: 300,
      also: ["DataShift of api-canary"],
    },
    {
      name: "MLflow hangs",
      strike: ({ ground }) => ground.hang("mlflow", 0),
      status: /✗ tracking\/mlflow +0\/1 ready/,
      alerts: ["PartDown of mlflow"],
    },
    {
      name: "the canary is stopped",
      strike: ({ ground }) => ground.halt("api-canary", 0),
      status: /✗ serving\/api-canary +0\/1 ready/,
      alerts: ["PartDown of api-canary"],
    },
  ],
  [
    {
      name: "one of two replicas is stopped",
      strike: ({ ground }) => ground.halt("api", 1),
      status: /✗ serving\/api +1\/2 ready/,
      alerts: ["ReplicasMissing of api"],
    },
  ],
  [
    {
      name: "replicas load another version than the deployed one",
      strike: async ({ ground }) => {
        await ground.exchange("api", CANARY);
        return () => deploy(ground.example);
      },
      status: /[✗!] serving\/api /,
      alerts: ["WrongModel of api"],
      also: [OFTEN],
      lingers: [OFTEN],
    },
  ],
  [
    {
      name: "all replicas are stopped",
      strike: ({ ground }) => ground.halt("api", 0),
      status: /✗ serving\/api +0\/2 ready/,
      logs: ["api-gateway", / 503 |no server available/],
      alerts: ["PartDown of api", "ErrorBudgetBurnsFast of api-gateway"],
      // A gateway with nobody behind it is taken out of its Service: requests find nobody, and nobody counts them.
      kubernetes: ["PartDown of api", "PartDown of api-gateway"],
      also: ["ErrorBudgetBurnsFast of api-gateway", "ErrorBudgetBurnsSlowly of api-gateway", "ReplicasMissing of api", OFTEN],
      costs: Number.POSITIVE_INFINITY,
      lingers: ["ErrorBudgetBurnsFast of api-gateway", "ErrorBudgetBurnsSlowly of api-gateway", OFTEN],
    },
  ],
];

/** MLflow, and the model of an alias in two replicas with a canary of another version beside them. */
export const SERVING: DaySystem = {
  example: "model-serving",
  commands: { part: "api", gateway: "api-gateway", misspelt: "apii" },
  rounds: FAULTS,
  async deploy(ground) {
    const canary = { model: `fraud/${CANARY}`, percent: 20 };
    await deployed(ground, { tracking: {}, serving: { api: { canary } } }, { "tracking.admin.password": LOGIN.password });
    // One for the canary, and the one that the alias names then.
    for (const version of [CANARY, SERVED]) {
      const { code, output, said } = await startTask(ground.example.stack, ["train"]).ended;
      if (code !== 0 || !output.includes(`version ${version}`)) throw new Error(`${output}${said}`);
    }
    await deploy(ground.example);
    const url = await ground.example.url("api");
    stream = await Stream.of(await ground.example.url("mlflow"), LOGIN, "fraud", SERVED);
    return new Load(
      Array.from({ length: CLIENTS }, () => stream.question(url)),
      BETWEEN,
    );
  },
};
