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
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

const pipeline = await OnDocker.start("wind-kills", values);
try {
  const { tables, faults, ...seen } = await killRun(pipeline, Number(values.minutes), Number(values.seed), say);
  const { rows, ...counts } = tables;
  console.log(JSON.stringify({ faults: faults.length, rows: rows.length, ...counts, ...seen }, null, 2));
} finally {
  await pipeline.remove();
}
