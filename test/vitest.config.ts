import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { cacheFolder } from "../tools/lib/folders.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

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
          // No measure of anything: a machine that is busy with another suite is slow, not wrong.
          testTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", "test/package/**/*.test.ts"],
          // One engine and two cores: stacks side by side would measure each other.
          fileParallelism: false,
          // As above; and what is cut off in the middle of a deployment takes the tests after it along.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        root,
        test: {
          name: "kubernetes",
          include: ["test/integration-kubernetes/**/*.test.ts"],
          exclude: [SCALE],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: "kubernetes-scale",
          include: [SCALE],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Behind all others: for minutes after a thousand pods have gone, the cluster may be late with the news of any service.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
