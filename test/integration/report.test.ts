import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerChanges } from "../../components/docker/consequences.ts";
import { dangersIn } from "../../tools/report/dangers.ts";
import { eventsIn } from "../../tools/report/events.ts";
import { effectOf, subjectOf, type Thing, thingsIn } from "../../tools/report/things.ts";
import { TestStack } from "../support/stack.ts";
import { fraudQuestions, underTraffic } from "../support/traffic.ts";

let stack: TestStack;

type Settings = Readonly<Record<"features" | "training", object | undefined>>;

/** How each container runs, and when each volume was made. */
type World = Readonly<Record<string, string>>;

beforeAll(async () => {
  stack = await TestStack.create("report-truth");
});
afterAll(() => stack.remove());

function settings({
  api = {},
  redis = {},
  features = {},
  training = {},
}: {
  api?: object;
  redis?: object;
  features?: object;
  training?: object | null;
} = {}): Settings {
  return {
    features: {
      accounts: 200,
      transactions: 800,
      api: { replicas: 2, ...api },
      redis: { maxMemory: "200Mi", ...redis },
      publish: { port: stack.port },
      ...features,
    },
    training: training === null ? undefined : { nodes: 2, epochs: 100_000, ...training },
  };
}

function configure({ features, training }: Settings): void {
  stack.configure({ platform: { kind: "docker", prefix: stack.prefix }, features, ...(training === undefined ? {} : { training }) });
}

/** What the report says of the next deployment. */
async function predicted(): Promise<{ things: Thing[]; dangers: string[] }> {
  stack.variables["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true";
  const { text, code } = await stack.preview("--json", "--show-sames");
  delete stack.variables["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"];
  expect(code, text.slice(-2000)).toBe(0);
  const { things, unknown } = thingsIn(eventsIn(text).changes, dockerChanges);
  expect(unknown).toEqual([]);
  return { things, dangers: dangersIn(things, unknown, dockerChanges).map(({ kind, subject }) => `${kind} ${subject}`) };
}

async function world(): Promise<World> {
  const ids = await stack.ids();
  const running = await Promise.all(
    Object.entries(ids).map(
      async ([name, id]) => [name, `${id} ${(await stack.docker.getContainer(id).inspect()).State.StartedAt}`] as const,
    ),
  );
  const { Volumes } = await stack.docker.listVolumes();
  const volumes = (Volumes ?? []).flatMap((one) => {
    const name = one.Name.startsWith(`${stack.prefix}-`) ? one.Name.slice(stack.prefix.length + 1) : undefined;
    return name === undefined ? [] : [[`volume ${name}`, String(Reflect.get(one, "CreatedAt"))] as const];
  });
  return Object.fromEntries([...running, ...volumes]);
}

/** What really became of each thing: the same containers, other ones, or none. */
function outcome({ noun, name }: Thing, before: World, after: World): "nothing" | "renewed" | "gone" | "new" | undefined {
  const own = (all: World) =>
    Object.keys(all).filter((key) =>
      noun === "volume" ? key === `volume ${name}` : noun === "job" ? key === name : new RegExp(`^${name}-\\d+$`).test(key),
    );
  const [was, is] = [own(before), own(after)];
  if (was.length === 0) return is.length === 0 ? undefined : "new";
  const kept = was.filter((key) => key in after);
  if (kept.length === 0) return "gone";
  const same = kept.filter((key) => before[key] === after[key]);
  return same.length === kept.length ? "nothing" : same.length === 0 ? "renewed" : undefined;
}

/** Which outcome each effect foretells. */
const FORETOLD = {
  nothing: "nothing",
  "in place": "nothing",
  "one after another": "renewed",
  replaced: "renewed",
  again: "renewed",
  removed: "gone",
  "stays behind": "nothing",
  made: "new",
} as const;

/** Deploys, and compares what was foretold of each thing with what happened to it. */
async function deployed(): Promise<{ effects: Record<string, string>; dangers: string[]; failed: readonly string[] }> {
  const { things, dangers } = await predicted();
  const before = await world();
  const { result, failed } = await underTraffic(fraudQuestions(`http://127.0.0.1:${stack.port}`), () => stack.up());
  expect(result.code, result.text).toBe(0);
  const after = await world();
  const known = things.filter(({ noun }) => ["service", "gang", "job", "volume"].includes(noun));
  expect(Object.fromEntries(known.map((thing) => [`${thing.noun} ${subjectOf(thing)}`, outcome(thing, before, after)]))).toEqual(
    Object.fromEntries(known.map((thing) => [`${thing.noun} ${subjectOf(thing)}`, FORETOLD[effectOf(thing)]])),
  );
  return { effects: Object.fromEntries(known.map((thing) => [`${thing.noun} ${subjectOf(thing)}`, effectOf(thing)])), dangers, failed };
}

describe("what a report says of a stack on Docker is what happens", () => {
  beforeAll(async () => {
    configure(settings());
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
  });

  test("sizes change while all goes on, and work that is done is left as it is", async () => {
    configure(
      settings({
        api: { resources: { memory: "600Mi" } },
        redis: { resources: { memory: "700Mi" } },
        features: { keep: true, build: { resources: { memory: "600Mi" } } },
        training: { maxRestarts: 7, resources: { memory: "3Gi" } },
      }),
    );
    const { effects, dangers, failed } = await deployed();
    expect(dangers).toEqual([]);
    expect(effects).toMatchObject({
      "service features/api": "in place",
      "service features/redis": "in place",
      "gang training/trainer": "in place",
      "job features/build": "nothing",
    });
    expect(failed).toEqual([]);
  });

  test("two replicas are renewed one after another without a failed request, a job and the ranks start again", async () => {
    configure(
      settings({
        api: { logLevel: "DEBUG" },
        redis: {},
        features: { keep: true, load: { env: { BATCH: "5" } } },
        training: { epochs: 90_000 },
      }),
    );
    const { effects, dangers, failed } = await deployed();
    expect(dangers.sort()).toEqual([
      "capacity-down features/api",
      "capacity-down features/redis",
      "capacity-down training/trainer",
      "job-runs-again features/loader",
      "training-restarts training/trainer",
    ]);
    expect(effects).toMatchObject({ "service features/api": "one after another", "service features/gateway": "nothing" });
    expect(failed).toEqual([]);
  });

  test("a single one is away meanwhile, training ends, and data that are kept stay", async () => {
    configure(
      settings({
        api: { logLevel: "DEBUG", replicas: 1 },
        redis: { policy: "allkeys-lru" },
        features: { keep: true, load: { env: { BATCH: "5" } } },
        training: null,
      }),
    );
    const { effects, dangers } = await deployed();
    expect(dangers.sort()).toEqual([
      "capacity-down features/api",
      "data-loss training/trainer-checkpoints",
      "downtime features/redis",
      "training-stops training/trainer",
    ]);
    expect(effects).toMatchObject({
      "volume features/redis": "nothing",
      "volume training/trainer-checkpoints": "removed",
      "job features/loader": "nothing",
    });
  });

  test("a preview without a change has no danger", async () => {
    const { things, dangers } = await predicted();
    expect(dangers).toEqual([]);
    expect(things.filter((thing) => effectOf(thing) !== "nothing")).toEqual([]);
  });
});
