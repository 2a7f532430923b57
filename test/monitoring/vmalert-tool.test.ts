import { rmSync } from "node:fs";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

import { canHaveVmalertTool, vmalertTool } from "../support/vmalert-tool.ts";
import { writeTestFiles } from "./files.ts";

// Its Go program is built once and kept; where Go is missing or too old, .ci/run has it.
describe("rules and panels in VictoriaMetrics' own tool", () => {
  const isThere = canHaveVmalertTool();
  beforeEach(({ skip }) => {
    skip(!isThere, "there is no Go that is new enough to build it");
  });
  const { folder, tests } = writeTestFiles();
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(tests)("%s: each alert is raised by its fault within 90 s, and by nothing else", async (file) => {
    const said = await vmalertTool(folder, [file]);
    expect(said).toMatch(/^SUCCESS$/m);
  });
});
