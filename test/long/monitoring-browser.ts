/**
 * Looks at monitoring's pages of a stack that runs, on either target, in a headless Chromium: `node test/long/monitoring-browser.ts [--pictures FOLDER]
 * [-- -s STACK -C FOLDER]`, with the words by which `npm run open` finds the stack.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { HeadlessBrowser } from "../support/browser.ts";
import { monitoringLooksRight } from "./monitoring-pages.ts";

const { values, positionals } = parseArgs({ options: { pictures: { type: "string" } }, allowPositionals: true });

/** What `npm run open` prints first: where a part answers, for as long as the command runs where no port leads there. */
async function opened(part: string, children: ChildProcess[]): Promise<string> {
  const child = spawn(process.execPath, ["tools/cli.ts", "open", part, ...positionals], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return new URL(line).origin;
  throw new Error(`npm run open -- ${part} ${positionals.join(" ")} printed no address`);
}

const children: ChildProcess[] = [];
const browser = await HeadlessBrowser.start();
try {
  const metrics = await opened("monitoring/metrics", children);
  const alerts = await opened("monitoring/alerts", children);
  const logs = await opened("monitoring/logs", children);
  console.log(await monitoringLooksRight(browser, { metrics, alerts, logs }, { folder: values.pictures }));
} finally {
  for (const child of children) child.kill("SIGINT");
  await browser.close();
}
