import type { FakeStack } from "./fake-stack.ts";

/** One thing that goes wrong, and what must be said of it. */
export interface AlertFault {
  readonly name: string;
  /** The part that it befalls: faults of different parts are tried at the same time. */
  readonly part: string;
  readonly alert: string;
  readonly strike: (stack: FakeStack) => Promise<unknown>;
  readonly heal: (stack: FakeStack) => Promise<unknown>;
  /** Alerts that rightly say the same. */
  readonly also?: readonly string[];
  /** Whether no other may come at the same time: a deployment puts right what others have done. */
  readonly alone?: boolean;
  /** Whether the alert looks back for minutes, and so lasts as long. */
  readonly lingers?: boolean;
}

const stopped = (part: string, replicas: readonly number[], alert: string, also: readonly string[] = []): AlertFault => ({
  name: `${part} ${replicas.join(" and ")} stopped`,
  part,
  alert,
  also,
  strike: (stack) => Promise.all(replicas.map((at) => stack.stop(`${part}-${at}`))),
  heal: (stack) => Promise.all(replicas.map((at) => stack.start(`${part}-${at}`))),
});

const hangs = (part: string, replicas: readonly number[], alert: string, also: readonly string[] = []): AlertFault => ({
  name: `${part} ${replicas.join(" and ")} hangs`,
  part,
  alert,
  also,
  strike: (stack) => Promise.all(replicas.map((at) => stack.pause(`${part}-${at}`))),
  heal: (stack) => Promise.all(replicas.map((at) => stack.unpause(`${part}-${at}`))),
});

/** A fake that says something else. */
const says = (
  part: string,
  replicas: readonly number[],
  key: string,
  wrong: string,
  right: string,
  alert: string,
  name: string,
): AlertFault => ({
  name,
  part,
  alert,
  strike: (stack) => Promise.all(replicas.map((at) => stack.say(`${part}-${at}`, key, wrong))),
  heal: (stack) => Promise.all(replicas.map((at) => stack.say(`${part}-${at}`, key, right))),
});

/** It makes its file anew in its folder. */
const REWRITE = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli bgrewriteaof';

const redisCli = (...words: readonly string[]) => ["sh", "-c", `REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ${words.join(" ")}`];

/** All faults, in the order in which those of one part are tried; what lingers comes last. */
export const ALERT_FAULTS: readonly AlertFault[] = [
  says("api", [0, 1], "version", "3", "4", "WrongModel", "another version of the model answers"),
  says("api", [1], "golden", "0", "1", "GoldenRequestFails", "a model answers wrongly"),
  says("api", [0, 1], "source", "parquet", "redis", "FallbackInUse", "the fallback answers"),
  says("api", [0], "age", "20000", "60", "FeaturesTooOld", "features are hours old"),
  says("api", [0], "shift", "0.6", "0.02", "DataShift", "what is asked has shifted"),
  says("api", [1], "ready", "0", "1", "ReplicaNotReady", "a replica is not ready for long"),
  hangs("api", [1], "ReplicasMissing"),
  hangs("api", [0, 1], "PartDown"),
  // Starts of the deployment before count with those of these for ten minutes: too many are a restart loop.
  stopped("api", [0], "ReplicasMissing"),
  stopped("api", [0, 1], "PartDown"),
  stopped("gateway", [0], "PartDown"),
  hangs("gateway", [0], "PartDown"),
  {
    name: "the certificate ends in five days",
    part: "gateway",
    alert: "CertificateEnds",
    alone: true,
    strike: (stack) => stack.deploy({ certificateDays: 5 }),
    heal: (stack) => stack.deploy({}),
  },
  stopped("redis", [0], "PartDown"),
  hangs("redis", [0], "PartDown"),
  {
    name: "redis is full",
    part: "redis",
    alert: "RedisFull",
    strike: (stack) => stack.exec("redis-0", redisCli("config set maxmemory 900000")),
    heal: (stack) => stack.exec("redis-0", redisCli("config set maxmemory 67108864")),
  },
  {
    name: "redis cannot write to its volume",
    part: "redis",
    alert: "RedisCannotSave",
    strike: (stack) => stack.exec("redis-0", redisCli("set a b; chmod 0500 /data /data/appendonlydir; ", REWRITE)),
    heal: (stack) => stack.exec("redis-0", redisCli("ping; chmod 0700 /data /data/appendonlydir; ", REWRITE)),
  },
  stopped("stream", [0], "PartDown"),
  hangs("stream", [0], "PartDown"),
  says("stream", [0], "works", "0", "1", "StepLate", "the step does nothing"),
  stopped("trainer", [1], "RanksMissing"),
  // It is the one that writes the checkpoints, of which the run asks one a minute.
  hangs("trainer", [0], "RanksMissing", ["CheckpointTooOld", "TrainingStuck"]),
  stopped("trainer", [0, 1], "TrainingEndedEarly"),
  says("trainer", [0, 1], "trains", "0", "1", "TrainingStuck", "training finishes no epoch"),
  says("trainer", [0], "saves", "0", "1", "CheckpointTooOld", "no checkpoint is written"),
  stopped("mlflow", [0], "PartDown"),
  hangs("mlflow", [0], "PartDown"),
  says("mlflow", [0], "code", "500", "200", "PartDown", "mlflow answers with an error"),
  stopped("database", [0], "PartDown"),
  {
    name: "a replica is started again and again",
    part: "api",
    alert: "RestartLoop",
    lingers: true,
    strike: (stack) => stack.restart("api-0", 5),
    heal: async () => undefined,
  },
  {
    name: "every second request fails",
    part: "gateway",
    alert: "ErrorBudgetBurnsFast",
    also: ["ErrorBudgetBurnsSlowly"],
    lingers: true,
    strike: (stack) => Promise.all([stack.asks(), stack.say("api-1", "code", "500")]),
    heal: (stack) => stack.say("api-1", "code", "200"),
  },
];
