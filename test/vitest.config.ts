import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { cacheFolder } from "../tools/lib/folders.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Limits that only end what hangs: they measure nothing. A machine that is busy with another suite is slow, not wrong; and a test that is
 * cut off goes on beside those after it, and takes them along. What is polled in vain ends before its test, to show what it has seen.
 */
const LIMIT = 600_000;
const PATIENCE = { testTimeout: LIMIT, hookTimeout: LIMIT, expect: { poll: { timeout: LIMIT / 2 } } };

/**
 * Files of tests on an engine or a cluster that run side by side. Each waits more than half of its time, for readiness, for grace, for a
 * namespace to go. With more of them two cores would be late with what is ready.
 */
const LANES = 2;

const SCALE = "test/integration-kubernetes/scale.test.ts";

export default defineConfig({
  root,
  // Not in node_modules, which another command may be installing again.
  cacheDir: join(cacheFolder(), "vite"),
  test: {
    projects: [
      {
        root,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**", "test/integration-kubernetes/**", "test/package/**"],
          // What Pulumi loads for nothing would be loaded once more for every process.
          execArgv: ["--import", join(root, "infra", "lean-sdk.ts")],
          // A process for each file would load the program two hundred times, which took longer than the tests.
          isolate: false,
          setupFiles: ["test/support/file-alone.ts"],
          ...PATIENCE,
        },
      },
      {
        root,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", "test/package/**/*.test.ts"],
          maxWorkers: LANES,
          ...PATIENCE,
        },
      },
      {
        root,
        test: {
          name: "kubernetes",
          include: ["test/integration-kubernetes/**/*.test.ts"],
          exclude: [SCALE],
          maxWorkers: LANES,
          ...PATIENCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: "kubernetes-scale",
          include: [SCALE],
          fileParallelism: false,
          ...PATIENCE,
          // Behind all others: for minutes after a thousand pods have gone, the cluster may be late with the news of any service.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
