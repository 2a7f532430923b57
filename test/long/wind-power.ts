/**
 * A long run of faults on this machine's engine: `node test/long/wind-power.ts [--minutes 30] [--seed 7] [--steps IMAGE] [--mlflow IMAGE]`, with the images of
 * `workloads/build wind-power` and `workloads/build mlflow`. Prints one line for each fault, then what was seen.
 */
import { parseArgs } from "node:util";

import { killRun } from "./kills.ts";
import { OnDocker } from "./on-docker.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "7" },
    steps: { type: "string", default: "mlstack-test/wind-power-runtime" },
    mlflow: { type: "string", default: "mlstack-test/mlflow-runtime" },
  },
});
/** Most seconds from a row to its prediction, and to the page, of 95 % of the rows during whose way nothing is wrong. */
const LATEST = { prediction: 6, page: 11 };
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

const pipeline = await OnDocker.start("wind-kills", values);
try {
  const { tables, faults, lost, prediction, page } = await killRun(pipeline, Number(values.minutes), Number(values.seed), say);
  const { rows, ...counts } = tables;
  const counted = Object.groupBy(faults, ({ name }) => name);
  const kinds = Object.fromEntries(Object.entries(counted).map(([name, all = []]) => [name, all.length]));
  console.log(JSON.stringify({ faults: faults.length, kinds, rows: rows.length, lost, ...counts, prediction, page }, null, 2));
  const late = prediction.undisturbed.p95 > LATEST.prediction || page.undisturbed.p95 > LATEST.page;
  process.exitCode = lost.length + counts.wrong + counts.strange > 0 || late ? 1 : 0;
} finally {
  await pipeline.remove();
}
