import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

import { killRun } from "../long/kills.ts";
import { OnDocker } from "../long/on-docker.ts";

const WORKLOADS = fileURLToPath(new URL("../../workloads", import.meta.url));

/** The image of a workload, as its own tests have it. */
const image = async (name: string) => (await promisify(execFile)("./build", [name], { cwd: WORKLOADS })).stdout.trim();

let images: { steps: string; mlflow: string };
beforeAll(async () => {
  images = { steps: await image("wind-power"), mlflow: await image("mlflow") };
});

// The long run of the same, `node test/long/wind-power.ts`, has every kind of fault and measures how late rows are.
test("steps that are killed, locked out and paused come back by themselves, and lose no row", async () => {
  const pipeline = await OnDocker.start("it-kills", images);
  try {
    const { faults, tables, lost } = await killRun(pipeline, 0.75, 21, () => undefined, 2);
    expect(faults.length).toBeGreaterThanOrEqual(2);
    expect({ lost, wrong: tables.wrong, strange: tables.strange }).toEqual({ lost: [], wrong: 0, strange: 0 });
    const numbers = tables.rows.map((row) => row.number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(tables.rows.filter((row) => row.predictedAt !== null).length).toBeGreaterThan(0);
  } finally {
    await pipeline.remove();
  }
});
