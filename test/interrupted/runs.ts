import { afterAll, beforeAll, expect, test } from "vitest";

import type { Ask } from "../contract/program.ts";
import type { Target } from "../contract/target.ts";
import { Chance } from "./chance.ts";
import { Commands, type Ended, ended } from "./commands.ts";
import type { Gate } from "./gate.ts";
import { kill, processesWith, type Victim } from "./processes.ts";
import { askOf, changed, DATA, FIRST, textOf, type Wish } from "./wish.ts";

/** What the runs need of a target beyond its promises. */
export interface Interrupted extends Target {
  /** In front of the engine or cluster, for all that the deployments do. */
  readonly gate: Gate;
  /** Variables under which everything goes through the gate. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of what carries the stack's label and is no part of another such thing, and of what the state says of it. */
  labelled(): Promise<string[]>;
  recorded(state: readonly StateResource[]): string[];
}

/** A resource in an exported state. */
export interface StateResource {
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What one run draws, all by its number. */
interface Draw {
  readonly victim: Victim | "target";
  readonly first: boolean;
  /** Which command deploys. */
  readonly by: "start" | "pulumi";
  /** When, as a part of the time that a deployment takes. */
  readonly moment: number;
  /** Which commands lead back. */
  readonly back: "start" | "repair";
  /** Whether the settings before the deployment are what the user goes back to. */
  readonly undone: boolean;
}

const SEED = Number(process.env["MLSTACK_KILL_SEED"] ?? "11");
/** The first of the runs, so that a long test can be made in parts. */
const FROM = Number(process.env["MLSTACK_KILL_FROM"] ?? "1");
/** Most commands until nothing has to change. */
const MOST = 2;

/** Kills deployments at random moments, and goes back by documented commands. @param usual how many times where nobody says otherwise */
export function killRuns(usual: number, create: () => Promise<Interrupted>): void {
  const numbers = Array.from({ length: Number(process.env["MLSTACK_KILL_RUNS"] ?? usual) }, (_, index) => FROM + index);
  const counts = new Map<number, number>();
  let target: Interrupted;
  let commands: Commands;
  /** What is deployed now. */
  let wish: Wish = FIRST;
  /** How many milliseconds a deployment takes here, by what and by whom: a moment is a part of it. */
  const lengths = new Map<string, number>();
  let slowest = 0;

  beforeAll(async () => {
    target = await create();
    commands = new Commands(target.stack);
    Object.assign(target.stack.variables, target.variables);
    await target.gate.open();
    await commands.begin();
    await deploy(FIRST);
    await data("before");
  });
  afterAll(async () => {
    process.stdout.write(
      `ways back: ${[...counts]
        .sort()
        .map(([count, runs]) => `${runs} by ${count === 1 ? "one command" : `${count} commands`}`)
        .join(", ")}\n`,
    );
    await target?.remove();
    await target?.gate.shut();
  });

  test.each(numbers)("run %i", async (number) => {
    const chance = new Chance(SEED * 1000 + number);
    const draw = drawn(chance, number);
    if (draw.first) await beginAgain(draw.by);
    const before = wish;
    let after = draw.first ? changed(FIRST, chance) : changed(before, chance);
    const ran = await target.runs("redis");
    const known = draw.first ? undefined : await data(`run-${number}`);
    const tried = [before, after];
    let late = await interrupt(draw, after);
    // By now it is known how long such a one takes.
    for (let again = 0; again < 2 && late && !draw.first; again++) {
      after = changed(after, chance);
      tried.push(after);
      late = await interrupt(draw, after);
    }
    wish = draw.undone && !draw.first ? before : after;
    configure(wish);
    const texts: string[] = [];
    const commandsUsed = await goBack(draw.back, texts);
    const line = `run ${number}: ${draw.victim} at ${Math.round(draw.moment * 100)} % of ${draw.first ? "a first" : "a later"} deployment by ${draw.by}${late ? " (ended before)" : ""}, ${textOf(before)} → ${textOf(after)}${draw.undone ? ", undone" : ""}; back by ${draw.back}, ${commandsUsed}`;
    process.stdout.write(`${line}\n`);
    const all = `${line}\n${texts.join("\n──\n")}`;
    expect(commandsUsed, all).toBeLessThanOrEqual(MOST);
    const preview = await commands.pulumi("preview", "--expect-no-changes", "--diff");
    expect(preview.code, `${all}\n── preview\n${preview.text}`).toBe(0);
    const exported = await commands.pulumi("stack", "export");
    const { deployment }: { deployment: { resources?: StateResource[]; pending_operations?: unknown[] } } = JSON.parse(exported.text);
    expect(deployment.pending_operations ?? [], all).toEqual([]);
    expect(await target.labelled(), all).toEqual(target.recorded(deployment.resources ?? []).sort());
    expect(
      processesWith(commands.mark).map(({ name }) => name),
      all,
    ).toEqual([]);
    if (known === undefined) await data("before");
    else {
      await nothingLost(
        known,
        tried.every((one) => one.data === before.data),
        all,
      );
      // What no deployment changed was left alone.
      if (tried.every((one) => one.megabytes === before.megabytes))
        expect(await target.runs("redis"), `Redis was touched\n${all}`).toEqual(ran);
    }
    if (!late) counts.set(commandsUsed, (counts.get(commandsUsed) ?? 0) + 1);
  });

  function configure(of: Wish): void {
    const ask: Ask = { ...target.platform, ...askOf(of) };
    target.stack.configure({ ask });
  }

  async function deploy(of: Wish): Promise<void> {
    configure(of);
    const from = Date.now();
    const { code, text } = await commands.run("start");
    expect(code, text).toBe(0);
    slowest = Date.now() - from;
    wish = of;
  }

  /** Nothing is there any more, on the target and, for a deployment that sets up its stack itself, in the state. */
  async function beginAgain(by: Draw["by"]): Promise<void> {
    const { code, text } = await commands.run("stop");
    expect(code, text).toBe(0);
    expect(await target.labelled()).toEqual([]);
    if (by === "start") await commands.begin();
  }

  /** Returns whether the deployment ended before it could be killed. */
  async function interrupt({ victim, by, moment, first }: Draw, to: Wish): Promise<boolean> {
    configure(to);
    const kind = `${by} ${first}`;
    const from = Date.now();
    const deployment = commands.deployment(by);
    let over = false;
    const end = ended(deployment, "exit").finally(() => {
      over = true;
    });
    const at = from + moment * (lengths.get(kind) ?? (first ? slowest : slowest / 2));
    let killed = 0;
    // The moment is the run's own; who is to be killed may not have begun by then.
    while (!over && killed === 0) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(10, at - Date.now())));
      if (over) break;
      if (victim === "target") {
        await target.gate.shut();
        killed = 1;
      } else killed = kill(victim, commands.mark);
    }
    const { code, text } = await end;
    if (victim === "target") await target.gate.open();
    if (killed > 0) return false;
    expect(code, text).toBe(0);
    lengths.set(kind, Date.now() - from);
    return true;
  }

  /** The documented ways; returns how many commands were needed. */
  async function goBack(way: Draw["back"], texts: string[]): Promise<number> {
    const good = async (work: Promise<Ended>) => {
      const { code, text } = await work;
      texts.push(text);
      return code === 0;
    };
    const up = () => commands.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs");
    if (way === "start") {
      for (let used = 1; used <= MOST; used++) if (await good(commands.run("start"))) return used;
      return MOST + 1;
    }
    return (await good(commands.run("repair"))) && (await good(up())) ? 2 : MOST + 1;
  }

  /** Writes a mark to all data that must not be lost, and returns what is there by then. */
  async function data(mark: string): Promise<Known> {
    await target.exec("web", 0, ["sh", "-c", `echo ${mark} >>${DATA.folder}/marks`]);
    await target.exec("redis", 0, DATA.redis("rpush", "marks", mark));
    return read();
  }

  async function read(): Promise<Known> {
    const lines = (text: string) => text.replaceAll("\r", "").trim().split("\n");
    return {
      marks: lines(await target.exec("web", 0, ["cat", `${DATA.folder}/marks`])),
      keys: lines(await target.exec("redis", 0, DATA.redis("lrange", "marks", "0", "-1"))),
      fills: lines(await target.exec("web", 0, ["cat", `${DATA.folder}/fills`])),
      steps: await Promise.all([0, 1].map(async (rank) => Number(await target.exec("ring", rank, ["cat", `${DATA.folder}/step-${rank}`])))),
    };
  }

  async function nothingLost(before: Known, sameData: boolean, all: string): Promise<void> {
    const now = await read();
    expect(now.marks, all).toEqual(before.marks);
    expect(now.keys, all).toEqual(before.keys);
    for (const [rank, step] of now.steps.entries()) expect(step, all).toBeGreaterThanOrEqual(before.steps[rank] ?? 0);
    // A job that is done runs again for another input only.
    if (sameData) expect(now.fills, all).toEqual(before.fills);
    else expect(now.fills.at(-1), all).toBe(String(wish.data));
  }
}

/** What the data were at one time. */
interface Known {
  readonly marks: readonly string[];
  readonly keys: readonly string[];
  readonly fills: readonly string[];
  readonly steps: readonly number[];
}

function drawn(chance: Chance, number: number): Draw {
  // In turn, so that a few runs have each of them.
  const victims = ["everything", "engine", "provider", "program", "target"] as const;
  return {
    victim: victims[(number - 1) % victims.length] ?? "everything",
    first: chance.happens(0.25),
    by: chance.of(["start", "pulumi"]),
    moment: 0.1 + 0.9 * chance.next(),
    back: chance.of(["start", "repair"]),
    undone: chance.happens(0.25),
  };
}
