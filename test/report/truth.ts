import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";

import { valueAt } from "../../components/workload/values.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { stackSettings } from "../../infra/stack.ts";
import { run } from "../../tools/lib/run.ts";
import { type Report, report } from "../../tools/report/schema.ts";
import { Commands } from "../interrupted/commands.ts";
import { type TestStack, until } from "../support/stack.ts";
import { type Question, underTraffic } from "../support/traffic.ts";
import type { Labelled, Said } from "./labelled.ts";
import { valuesSaid } from "./said.ts";
import { chosen, labelsOf, REAL, seenIn, withoutUnused } from "./tried.ts";
import { type World, whatHappened } from "./world.ts";

/** An engine on which a stack runs, as these tests look at it. */
export interface Looked {
  readonly kind: "docker" | "kubernetes";
  readonly stack: TestStack;
  /** What the stack has to say on this engine besides. */
  readonly own: Said;
  /** What clients ask: by the service that answers, its address, and what else has to run for an answer. */
  readonly asked: readonly Asked[];
  world(): Promise<World>;
  /** From now on notes the services of which nothing runs; the end gives their names. */
  watch(): Promise<() => Promise<ReadonlySet<string>>>;
  exec(workload: string, command: readonly string[]): Promise<string>;
  log(workload: string): Promise<string>;
  remove(): Promise<void>;
}

interface Asked {
  readonly name: string;
  readonly url: string;
  readonly needs: readonly string[];
}

const REDIS = ["sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli --no-auth-warning "$@"', "sh"];
const NEWEST = ["sh", "-c", 'ls "$CHECKPOINT_DIR" | grep -o "epoch-[0-9]*" | tail -n 1'];

/**
 * Deploys groups of labelled changes one after another, and compares what happened to what the report had said of it: who was away,
 * what was started again, which data are there, and which requests failed; and what a report without an engine would have said.
 * Changes of one group do not touch each other, so that what is labelled for the group is what is labelled for each.
 * `MLSTACK_TRUTH_RUNS=2` tries the first two groups, `all` every one; without it a small one is tried.
 */
export function truth(names: readonly (readonly string[])[], create: () => Promise<Looked>): void {
  const groups = chosen(names);
  const used = groups.flat();
  /** Secrets as the settings have them, by their value. */
  const encrypted = new Map<string, object>();
  let looked: Looked;
  /** What was changed so far, and what is deployed. */
  const done: Labelled[] = [];
  let deployed = "";

  beforeAll(async () => {
    looked = await create();
    await new Commands(looked.stack).begin();
    await pulumi("stack", "init", looked.stack.name);
    await deploy(JSON.stringify(values()));
    await looked.exec("redis", [...REDIS, "set", "of-the-test", "kept"]);
  });
  afterAll(() => looked?.remove());

  test.each(groups.map((group) => [group.map(({ change }) => change).join("; "), group] as const))("%s", async (_, group) => {
    const before = JSON.parse(deployed);
    done.push(...group);
    const findings = await tried(JSON.stringify(values()));
    expect(findings.map(({ kind, subject }) => `${kind} ${subject}`).sort(), "as it is labelled").toEqual(
      labelsOf(group, looked.kind, before),
    );
  });

  /** What the stack says after what was changed so far. */
  function values(): Record<string, unknown> {
    return valuesSaid(looked.kind, REAL, withoutUnused(used), looked.own, ...done.map(({ to }) => to));
  }

  async function deploy(next: string): Promise<void> {
    await configure(next);
    await pulumi("up", "--yes", "--skip-preview");
    deployed = next;
  }

  async function pulumi(...words: string[]): Promise<void> {
    const { code, text } = await looked.stack.pulumi(words);
    expect(code, text).toBe(0);
  }

  async function configure(next: string): Promise<void> {
    const file = join(looked.stack.folder, looked.stack.file);
    const places = secretPlaces(stackSettings);
    const plain = new Set<string>();
    replaceSecrets(JSON.parse(next), places, ({ value }) => void plain.add(String(value)));
    for (const value of plain) {
      if (encrypted.has(value)) continue;
      await pulumi("config", "set", "--secret", "mlstack:one", value);
      encrypted.set(value, parse(readFileSync(file, "utf8")).config["mlstack:one"]);
    }
    const { encryptionsalt } = parse(readFileSync(file, "utf8"));
    const values: object = replaceSecrets(JSON.parse(next), places, ({ value }) => encrypted.get(String(value)));
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`mlstack:${key}`, value]));
    writeFileSync(file, stringify({ encryptionsalt, config }, { aliasDuplicateObjects: false }));
  }

  /** `npm run report` on the stack. */
  async function reported(...words: string[]): Promise<Report> {
    const { stack } = looked;
    const command = [join(stack.home, "project", "tools", "cli.ts"), "report", "--stack", stack.name, "--json", ...words];
    const env = { ...stack.environment, CI: "true" };
    const { output, text } = await run(process.execPath, command, { cwd: join(stack.home, "project"), env });
    const { data, error } = report.safeParse(JSON.parse(output.startsWith("{") ? output : "null"));
    if (data === undefined) throw new Error(`${text}\n${error?.message}`);
    return data;
  }

  /** Deploys these settings under traffic, and compares. */
  async function tried(next: string): Promise<Report["findings"]> {
    await configure(next);
    const foretold = await reported();
    const offline = await reported("--offline");
    const before = await looked.world();
    const data = { key: await key(), epoch: await epoch(before), settings: deployed };
    const asked = looked.asked.filter(({ name }) => before.runs[name] !== undefined);
    const headers = { "x-api-key": String(valueAt(JSON.parse(deployed), ["serving", "fraud", "edge", "keys", "demo"])) };
    for (const { url } of asked) await until(`${url} answers`, async () => (await fetch(url, { headers })).status === 200);
    const failed = new Map<string, string[]>(asked.map(({ name }) => [name, []]));
    const watched = await looked.watch();
    const { answered } = await underTraffic(
      asked.map(({ name, url }) => noting(failed.get(name) ?? [], (signal) => fetch(url, { signal, headers }))),
      () => deploy(next),
    );
    const away = await watched();
    const after = await looked.world();
    const happened = whatHappened(before, after, away);
    expect(seenIn(foretold.findings), "what the report said, and what happened").toEqual(happened);
    expect(answered, "requests that were answered").toBeGreaterThan(0);
    for (const one of asked) expectRequests(one, failed.get(one.name) ?? [], happened);
    if (after.runs["redis"] !== undefined && !happened.includes("data-loss redis")) expect(await key()).toBe(data.key);
    if (happened.includes("training-restarts trainer")) await resumes(data.epoch, data.settings, next);
    expect(comparable(offline, foretold), "the report without an engine").toEqual(comparable(foretold, offline));
    return foretold.findings;
  }
  async function key(): Promise<string> {
    return (await looked.exec("redis", [...REDIS, "get", "of-the-test"])).trim();
  }

  /** The newest checkpoint's epoch; -1 where no rank runs. */
  async function epoch({ runs }: World): Promise<number> {
    if (runs["trainer"] === undefined) return -1;
    return Number(/epoch-(\d+)/.exec(await looked.exec("trainer", NEWEST))?.[1] ?? 0);
  }

  /** Ranks that start again go on from the last checkpoint, unless it is of other features. */
  async function resumes(last: number, before: string, next: string): Promise<void> {
    const [was, is] = [JSON.parse(before), JSON.parse(next)].map(({ features }) => JSON.stringify([features?.dataVersion, features?.seed]));
    let log = "";
    await until("the ranks train", async () => {
      log = await looked.log("trainer");
      return /world_size=\d+ epoch=/.test(log);
    });
    const resumed = Number(/resumed from epoch (\d+)/.exec(log)?.[1] ?? 0);
    if (was === is) expect(resumed).toBeGreaterThanOrEqual(last);
    else expect(resumed).toBe(0);
  }
}

/** The same question, whose failures are noted. */
function noting(failed: string[], ask: Question): Question {
  return async (signal) => {
    try {
      const answer = await ask(signal);
      if (answer.status !== 200) failed.push(String(answer.status));
      return answer;
    } catch (error) {
      failed.push(error instanceof Error ? `${error.message}: ${error.cause instanceof Error ? error.cause.message : ""}` : String(error));
      throw error;
    }
  };
}

/** Requests fail where something on their way is away, and nowhere else; but for those that this engine may cut off. */
function expectRequests({ name, needs }: Asked, failed: readonly string[], happened: readonly string[]): void {
  const way = [name, ...needs];
  if (way.some((one) => happened.includes(`downtime ${one}`))) {
    expect(failed, `requests to ${name}, which is away`).not.toEqual([]);
    return;
  }
  expect(failed, `requests to ${name}`).toEqual([]);
}

/** What reports of both kinds have to say alike. Another value of a secret cannot be seen without an engine, nor what follows from it. */
function comparable({ findings, components }: Report, other: Report): object {
  const isBlind = [...findings, ...other.findings].some(({ kind }) => kind === "secret-changed");
  if (isBlind) return {};
  return {
    findings: findings.map(({ kind, subject }) => `${kind} ${subject}`).sort(),
    parts: components
      .flatMap(({ section, parts }) => parts.map(({ noun, name, effect }) => `${noun} ${section}/${name}: ${effect}`))
      .sort(),
  };
}
