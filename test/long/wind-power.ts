/**
 * A long run of faults on this machine: `node test/long/wind-power.ts [--target docker] [--minutes 30] [--seed 7] [--steps IMAGE]
 * [--mlflow IMAGE]`, with the images of `workloads/build wind-power` and `workloads/build mlflow`. With `--target kubernetes` it is
 * `examples/wind-power` on the cluster of `npm run test:kubernetes`, whose pages a headless Chromium looks at first.
 * Prints one line for each fault, then what was seen.
 */
import { parseArgs } from "node:util";

import { HeadlessBrowser } from "../support/browser.ts";
import { killRun } from "./kills.ts";
import { OnDocker } from "./on-docker.ts";
import { OnKubernetes } from "./on-kubernetes.ts";
import { looksRight, type Pages } from "./pages.ts";
import { withCluster } from "./with-cluster.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "docker" },
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "7" },
    steps: { type: "string", default: "mlstack-test/wind-power-runtime" },
    mlflow: { type: "string", default: "mlstack-test/mlflow-runtime" },
  },
});
/** Most seconds from a row to its prediction, and to the page, of 95 % of the rows during whose way nothing is wrong. */
const LATEST = { prediction: 6, page: 11 };
/** Of each target another, so that runs on both can be under way. */
const NAME = `wind-kills-${values.target}`;
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function run(pipeline: OnDocker | OnKubernetes): Promise<void> {
  try {
    const looks = pipeline instanceof OnKubernetes ? await look(await pipeline.pages()) : true;
    const { tables, faults, lost, prediction, page } = await killRun(pipeline, Number(values.minutes), Number(values.seed), say);
    const { rows, ...counts } = tables;
    const counted = Object.groupBy(faults, ({ name }) => name);
    const kinds = Object.fromEntries(Object.entries(counted).map(([name, all = []]) => [name, all.length]));
    console.log(JSON.stringify({ faults: faults.length, kinds, rows: rows.length, lost, ...counts, prediction, page }, null, 2));
    const late = prediction.undisturbed.p95 > LATEST.prediction || page.undisturbed.p95 > LATEST.page;
    process.exitCode = looks && !late && lost.length + counts.wrong + counts.strange === 0 ? 0 : 1;
  } finally {
    await pipeline.remove();
  }
}

/** Whether the pages are right; what is not is printed, and spares the pipeline no fault. */
async function look(pages: Pages): Promise<boolean> {
  const browser = await HeadlessBrowser.start();
  try {
    const seconds = await looksRight(browser, pages);
    say(`three pages without an error; the dashboard's numbers moved after ${seconds.toFixed(1)} s`);
    return true;
  } catch (error) {
    say(`a page is not right: ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await browser.close();
  }
}

if (values.target === "kubernetes") await withCluster(async () => run(await OnKubernetes.start(NAME, values.steps)));
else await run(await OnDocker.start(NAME, values));
