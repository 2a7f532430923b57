/**
 * How quiet a stack is in which nothing is wrong, on this machine's engine: `node test/long/quiet.ts [--minutes 60] [--pictures FOLDER]`. Features, ranks that train,
 * a server behind TLS and traffic, with every program of monitoring. Other work of this machine makes it harder.
 *
 * Prints each alert that is raised, the memory of monitoring's programs, and the requests; looks at the pages in a headless Chromium; then stops Redis, since
 * an alert has to come where something is wrong. Fails where one was raised before, or none comes then.
 */
import { setTimeout as after } from "node:timers/promises";
import { parseArgs } from "node:util";

import { HeadlessBrowser } from "../support/browser.ts";
import { deadAtLast } from "../support/dead-queries.ts";
import { until } from "../support/stack.ts";
import { monitoringLooksRight } from "./monitoring-pages.ts";
import { QuietStack } from "./quiet-stack.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" }, pictures: { type: "string" } } });
/** Seconds between two looks. */
const EVERY = 15;
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

const stack = await QuietStack.start("it-quiet");
try {
  say(`deployed: ${stack.pages.metrics}/vmui ${stack.pages.alerts}/vmalert/groups ${stack.pages.logs}/select/vmui`);
  const found = new Set<string>();
  for (const end = Date.now() + Number(values.minutes) * 60_000; Date.now() < end; await after(EVERY * 1000))
    for (const { alert, part, summary } of await stack.raised().catch(() => [])) {
      const which = `${alert} of ${part}`;
      if (!found.has(which)) say(`RAISED ${which}: ${summary}`);
      found.add(which);
    }
  say(`${values.minutes} quiet minutes: ${found.size} alerts, the receiver was sent ${stack.received.length}`);
  const memory = await stack.memory();
  const sum = Object.values(memory).reduce((total, one) => total + one, 0);
  say(
    `resident memory: ${sum} MB: ${Object.entries(memory)
      .map(([name, one]) => `${name} ${one}`)
      .join(", ")}`,
  );
  say(`requests: ${JSON.stringify(stack.answers)}`);
  const dead = await deadAtLast(stack.pages);
  for (const one of dead) say(`NO SERIES ${one}`);

  await stack.stop("redis-0");
  const struck = Date.now();
  await until("an alert of Redis", async () => (await stack.raised()).some(({ alert, part }) => alert === "PartDown" && part === "redis"));
  say(`redis stopped: PartDown after ${((Date.now() - struck) / 1000).toFixed(0)} s`);
  await until("the receiver has it", async () => stack.received.includes("PartDown"));
  say(`the receiver has it after ${((Date.now() - struck) / 1000).toFixed(0)} s`);
  const browser = await HeadlessBrowser.start();
  try {
    say(await monitoringLooksRight(browser, stack.pages, { raised: "PartDown", folder: values.pictures }));
  } finally {
    await browser.close();
  }
  process.exitCode = found.size + dead.length === 0 ? 0 : 1;
} finally {
  await stack.remove();
}
