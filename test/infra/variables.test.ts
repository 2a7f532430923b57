import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { checkSettings, isIssued } from "../../infra/check.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { declareOn } from "../../infra/program.ts";
import { stackSettings } from "../../infra/stack.ts";
import { type Rules, rulesOf, variableMistakes } from "../../infra/variables.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

const WORKLOADS = fileURLToPath(new URL("../../workloads/", import.meta.url));

describe("a variable", () => {
  const rules: Rules = {
    COUNT: { type: "integer", minimum: 1, maximum: 64 },
    RATE: { type: "number", exclusiveMinimum: 0, maximum: 1 },
    LEVEL: { type: "string", enum: ["INFO", "DEBUG"] },
    STORE: { type: "string", const: "parquet" },
    ON: { type: "boolean" },
    NAME: { type: "string", minLength: 2, maxLength: 3, pattern: "^[a-z]+$" },
    PASSWORD: { type: "string", format: "password", minLength: 12 },
    ANY: {},
  };

  test.each([
    ["COUNT", "0", 'must be at least 1, got "0"'],
    ["COUNT", "65", 'must be at most 64, got "65"'],
    ["COUNT", "1.5", 'must be a whole number, got "1.5"'],
    ["COUNT", "0x10", 'must be a whole number, got "0x10"'],
    ["COUNT", "", 'must be a whole number, got ""'],
    ["RATE", "0", 'must be more than 0, got "0"'],
    ["RATE", "much", 'must be a number, got "much"'],
    ["LEVEL", "info", 'must be "INFO" or "DEBUG", got "info"'],
    ["STORE", "redis", 'must be "parquet", got "redis"'],
    ["ON", "maybe", 'must be "true" or "false", got "maybe"'],
    ["NAME", "a", 'must be at least 2 characters, got "a"'],
    ["NAME", "abcd", 'must be at most 3 characters, got "abcd"'],
    ["NAME", "a1", 'must be of the form ^[a-z]+$, got "a1"'],
    ["PASSWORD", "hunter2", "must be at least 12 characters"],
  ])("%s=%j is refused", (name, value, message) => {
    expect(variableMistakes({ [name]: value }, rules)).toEqual([{ name, message }]);
  });

  // What Python's settings read, too.
  test.each(
    Object.entries({
      COUNT: ["1", "64", "1_0", "2.0", " 3 ", "+4"],
      RATE: ["1", ".5", "1e-3"],
      ON: ["true", "0", "Yes"],
      NAME: ["ab"],
      OTHER: ["x"],
      ANY: [""],
    }),
  )("%s may be each of %j", (name, values) => {
    for (const value of values) expect(variableMistakes({ [name]: value }, rules)).toEqual([]);
  });
});

describe("a stack file's variables", () => {
  const mistakes = (parts: object) =>
    checkSettings(stackSettings, { platform: { kind: "docker" }, ...parts }).mistakes.map(({ path, message }) => `${path}: ${message}`);
  const server = (name: string, value: string) => ({ server: { env: { [name]: value } } });

  test("are checked by the rules of their program, all at once", () => {
    expect(
      mistakes({
        features: { load: { env: { REDIS_WAIT: "-1" } }, api: { env: { API_PORT: "0" } } },
        training: { env: { HIDDEN: "5000" } },
        tracking: {},
        experiments: { model: "fraud", env: { ROUNDS: "0" } },
        feast: { build: { env: { DAYS: "0" } } },
        serving: {
          api: { model: "fraud/1", ...server("MAX_ROWS", "0") },
          "api-feast": { model: "fraud/1", feast: true, ...server("WORKERS", "65") },
          eyes: { image: { reference: "image-classifier" }, ...server("UVICORN_WORKERS", "33") },
          cats: { image: { reference: "image-api" }, ...server("API_MODEL_NAME", "catnet-huge") },
        },
      }),
    ).toEqual([
      'mlstack:features.load.env.REDIS_WAIT: must be at least 0, got "-1"',
      'mlstack:features.api.env.API_PORT: must be at least 1, got "0"',
      'mlstack:training.env.HIDDEN: must be at most 4096, got "5000"',
      'mlstack:experiments.env.ROUNDS: must be at least 1, got "0"',
      'mlstack:feast.build.env.DAYS: must be at least 1, got "0"',
      'mlstack:serving.api.server.env.MAX_ROWS: must be at least 1, got "0"',
      'mlstack:serving.api-feast.server.env.WORKERS: must be at most 64, got "65"',
      'mlstack:serving.eyes.server.env.UVICORN_WORKERS: must be at most 32, got "33"',
      'mlstack:serving.cats.server.env.API_MODEL_NAME: must be "catnet-small" or "catnet-base", got "catnet-huge"',
    ]);
  });

  test.each([
    ["another image", { serving: { api: { image: "acme/api:1", ...server("WORKERS", "many") } } }],
    ["an image in the place of the reference image", { training: { env: { HIDDEN: "5000" } }, images: { trainer: "acme/trainer:1" } }],
    ["another program", { training: { command: ["train"], env: { HIDDEN: "5000" } } }],
    [
      "another program of a server",
      { serving: { api: { image: { reference: "image-api" }, server: { command: ["x"], env: { API_WORKERS: "0" } } } } },
    ],
  ])("are not those of %s", (_, parts) => {
    expect(mistakes(parts)).toEqual([]);
  });
});

describe("a secret that another party issues", () => {
  test("is asked for, and not said to be generated", () => {
    const s3 = { bucket: "models", accessKey: "k", outside: { addresses: "10.2.0.8/32", port: 9000 } };
    const { mistakes } = checkSettings(stackSettings, { platform: { kind: "docker" }, tracking: { artifacts: { s3 } } });
    expect(mistakes).toEqual([
      {
        path: "mlstack:tracking.artifacts.s3.secretKey",
        message: "is required; set it with `npm run pulumi -- config set --secret --path 'mlstack:tracking.artifacts.s3.secretKey'`",
      },
    ]);
    expect(isIssued(stackSettings, "mlstack:tracking.artifacts.s3.secretKey")).toBe(true);
    expect(isIssued(stackSettings, "mlstack:tracking.admin.password")).toBe(false);
  });
});

describe("what the components' own settings become passes the images' rules", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });

  /** Each program's variables, as the components render the least and the greatest that their settings allow. */
  const PROGRAMS: Readonly<Record<string, readonly [workload: string, settings: string]>> = {
    build: ["features", "features.build:Settings"],
    loader: ["features", "features.load:Settings"],
    api: ["feature-api", "feature_api.settings:Settings"],
    trainer: ["trainer", "trainer.settings:Settings"],
    mlflow: ["mlflow", "mlflow_serve.settings:Settings"],
    train: ["model-trainer", "model_trainer.settings:Settings"],
    "feast-build": ["feast", "feast_store.build:Settings"],
    "feast-registry": ["feast", "feast_store.registry:Settings"],
    "feast-materialize": ["feast", "feast_store.materialize:Settings"],
    scores: ["model-server", "model_server.settings:Settings"],
  };
  const longest = "ü".repeat(255);
  const LEAST = {
    features: { accounts: 0, transactions: 1, seed: 0, dataVersion: "-", backend: "parquet", api: { logLevel: "DEBUG" } },
    training: { nodes: 1, epochs: 1, checkpointEvery: 1, rendezvousPort: 1 },
    tracking: { backend: "file", admin: { username: "a", password: "twelve-chars" }, hostNames: ["m"] },
    experiments: { model: "m", alias: "a" },
    feast: { featureService: "f", dataVersion: "-", online: false },
    serving: { scores: { model: "m/1", feast: true } },
  };
  const GREATEST = {
    features: { accounts: 10_000_000, transactions: 100_000_000, seed: Number.MAX_SAFE_INTEGER, api: { logLevel: "ERROR" } },
    training: { nodes: 1000, epochs: 100_000, checkpointEvery: 100_000, rendezvousPort: 65_535 },
    tracking: {
      admin: { username: "root", password: "p".repeat(200) },
      artifacts: {
        s3: {
          bucket: "b".repeat(63),
          prefix: "team/a.b_c",
          endpoint: "https://minio.example.org:9000",
          accessKey: "k",
          secretKey: "s",
          outside: { addresses: "10.2.0.8/32", port: 9000 },
        },
      },
      hostNames: ["*.example.org:443"],
      corsOrigins: ["https://a.example.org:1"],
    },
    experiments: { model: longest, alias: "a".repeat(255) },
    feast: { featureService: "f".repeat(300) },
    serving: { scores: { model: `${longest}/1`, feast: true } },
  };

  test.each([
    ["least", LEAST],
    ["greatest", GREATEST],
  ])("at their %s", async (_, parts) => {
    const { settings, mistakes } = checkSettings(stackSettings, { platform: { kind: "docker" }, ...parts });
    expect(mistakes).toEqual([]);
    if (settings === undefined) return;
    const model = settings.serving["scores"]?.model?.replace(/\/1$/, "") ?? "";
    const platform = new FakePlatform();
    const models = { scores: { name: model, reference: `${model}/1`, version: "1" } };
    await engine.run(() => declareOn(platform, settings, (system) => mlStack(system, settings, models)));
    const broken = platform.requests.flatMap(({ name, spec }) => {
      const [workload, rules] = PROGRAMS[name] ?? [];
      const env = (spec as { container?: { env?: Record<string, unknown> } }).container?.env;
      if (workload === undefined || rules === undefined || env === undefined) return [];
      return variableMistakes(env, rulesOf(workload, rules)).map((mistake) => `${name} ${mistake.name} ${mistake.message}`);
    });
    expect(broken).toEqual([]);
  });
});

test("each workload with settings has a file of its rules", () => {
  const withSettings = globSync("*/*/*.py", { cwd: WORKLOADS }).filter((path) =>
    /\((Base|Tracking)Settings\):/.test(readFileSync(WORKLOADS + path, "utf8")),
  );
  const folders = new Set(withSettings.map((path) => path.split("/")[0] ?? "").filter((folder) => folder !== "common"));
  expect(
    globSync("*/variables.json", { cwd: WORKLOADS })
      .map((path) => path.split("/")[0])
      .sort(),
  ).toEqual([...folders].sort());
});
