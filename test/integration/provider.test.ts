import { join } from "node:path";
import { expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { run } from "../../tools/lib/run.ts";
import { goEnvironment, hasGoFor } from "../../tools/offline/go.ts";

test("what the provider that is built here takes for unchanged has not changed", async ({ skip }) => {
  const cwd = join(ROOT, "tools", "offline", "toolchain", "resource-docker");
  if (!(await hasGoFor(cwd))) skip("there is no Go that is new enough: no provider is built here");
  const { code, output } = await run("go", ["test", "./plain"], { cwd, env: goEnvironment() });
  expect(code, output).toBe(0);
});
