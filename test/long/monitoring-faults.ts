/**
 * Faults on a stack whose parts say what the run wants, and the alerts that real monitoring raises for them:
 * `node test/long/monitoring-faults.ts [--only TEXT] [--quiet MINUTES] [--monitoring IMAGE] [--gateway IMAGE] [--redis IMAGE] [--python IMAGE]`,
 * with the images of `workloads/build NAME`. Faults of different parts come at the same time.
 *
 * Prints a line for each fault; fails where an alert takes longer than 90 s, does not end, or is about something else, and where one is raised
 * in the quiet minutes.
 */
import { parseArgs } from "node:util";

import { deadQueries } from "../support/dead-queries.ts";
import { ALERT_FAULTS, type AlertFault } from "./alert-faults.ts";
import { FakeStack } from "./fake-stack.ts";
import type { Raised } from "./raised.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    quiet: { type: "string", default: "2" },
    python: { type: "string", default: "mlstack-test/python-runtime" },
    gateway: { type: "string", default: "mlstack-test/gateway-runtime" },
    redis: { type: "string", default: "mlstack-test/redis-runtime" },
    monitoring: { type: "string", default: "mlstack-test/monitoring-runtime" },
  },
});
/** Seconds from a fault to its alert, and from its end to that of the alert. */
const LATEST = { raised: 90, ended: 180 };
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const wrong: string[] = [];

/** Faults that come at the same time: the first of each part that is left. What must be alone comes then, and what lingers last. */
function* rounds(faults: readonly AlertFault[]): Generator<AlertFault[]> {
  const alone = faults.filter((fault) => fault.alone === true);
  const lingering = faults.filter((fault) => fault.lingers === true);
  let left = faults.filter((fault) => !alone.includes(fault) && !lingering.includes(fault));
  while (left.length > 0) {
    const round = left.filter((fault, at) => left.findIndex(({ part }) => part === fault.part) === at);
    yield round;
    left = left.filter((fault) => !round.includes(fault));
  }
  for (const fault of alone) yield [fault];
  if (lingering.length > 0) yield lingering;
}

async function tried(stack: FakeStack, round: readonly AlertFault[]): Promise<void> {
  const began = new Map<AlertFault, number>();
  const took = new Map<AlertFault, number>();
  await Promise.all(
    round.map(async (fault) => {
      await fault.strike(stack);
      began.set(fault, Date.now());
    }),
  );
  const strangers = new Map<string, string>();
  await lasting(LATEST.raised + 30, async () => {
    const raised = await stack.raised();
    for (const fault of round)
      if (!took.has(fault) && raised.some((one) => isOf(one, fault))) took.set(fault, Date.now() - (began.get(fault) ?? 0));
    for (const one of raised)
      if (!round.some((fault) => isOf(one, fault) || isAlso(one, fault))) strangers.set(`${one.alert} of ${one.part}`, one.summary);
    return took.size === round.length;
  });
  const said = await stack.raised();
  for (const fault of round) {
    const seconds = (took.get(fault) ?? Number.POSITIVE_INFINITY) / 1000;
    const summary = said.find((one) => isOf(one, fault))?.summary ?? "";
    say(`${fault.name}: ${fault.alert} after ${seconds.toFixed(0)} s. ${summary}`);
    if (seconds > LATEST.raised) wrong.push(`${fault.name}: ${fault.alert} was not raised within ${LATEST.raised} s`);
  }
  wrong.push(...[...strangers].map(([which, summary]) => `with ${round.map(({ name }) => name).join(", ")}: ${which}: ${summary}`));
  await Promise.all(round.map((fault) => fault.heal(stack)));
  if (round.some(({ lingers }) => lingers === true)) return;
  const healed = Date.now();
  const ended = await lasting(LATEST.ended, async () => (await stack.raised()).length === 0);
  say(`all is well ${((Date.now() - healed) / 1000).toFixed(0)} s after the end`);
  if (!ended)
    wrong.push(
      `after ${round.map(({ name }) => name).join(", ")}: ${(await stack.raised()).map(({ alert, part }) => `${alert} of ${part}`).join(", ")} did not end`,
    );
}

const isOf = (one: Raised, { alert, part }: AlertFault) => one.alert === alert && one.part === part;
const isAlso = (one: Raised, { also = [], part }: AlertFault) => also.includes(one.alert) && one.part === part;

/** How many alerts are raised in so many seconds in which none may be. */
async function during(seconds: number, when: string): Promise<number> {
  const found = new Set<string>();
  await lasting(seconds, async () => {
    for (const { alert, part, summary } of await stack.raised()) found.add(`${when}: ${alert} of ${part}: ${summary}`);
    return false;
  });
  wrong.push(...found);
  return found.size;
}

/** Asks every second until it is so. @returns whether it came to be within so many seconds */
async function lasting(seconds: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return true;
}

const stack = await FakeStack.start("it-alert-faults", values);
try {
  say(`deployed: ${stack.pages.metrics}/vmui ${stack.pages.alerts}/vmalert/groups`);
  const early = await during(Number(values.quiet) * 60, "in the quiet minutes");
  wrong.push(...(await deadQueries(stack.pages.metrics, stack.pages.alerts)).map((one) => `no series for ${one}`));
  say(`${values.quiet} quiet minutes: ${early} alerts; ${wrong.length - early} expressions without a series`);
  await stack.deploy({ release: "2" });
  say(`a deployment that renews both replicas: ${await during(90, "after a deployment")} alerts`);
  for (const round of rounds(ALERT_FAULTS.filter(({ name }) => name.includes(values.only)))) await tried(stack, round);
} finally {
  await stack.remove();
}
for (const line of wrong) say(`WRONG ${line}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
