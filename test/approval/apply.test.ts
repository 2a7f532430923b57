import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { sealed } from "../../tools/approval/seal.ts";
import { apply } from "../../tools/commands/apply.ts";
import type { Report } from "../../tools/report/schema.ts";
import { SHOWN } from "./worlds.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-apply-unit-"));
  vi.stubEnv("MLSTACK_STATE", join(home, "state"));
  writeFileSync(join(home, "Pulumi.yaml"), "name: shop\n");
  for (const name of ["prod", "eu", "us"]) writeFileSync(join(home, `Pulumi.${name}.yaml`), "config: {}\n");
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** A report as this machine has just made it. */
function fresh(stack: string, more: Partial<Report> = {}): Report {
  const { approval } = SHOWN;
  if (approval === null) throw new Error("the report can be approved");
  return sealed({ ...SHOWN, stack, approval: { ...approval, made: new Date().toISOString() }, ...more });
}

function run(content: unknown, options: { stack?: string; maxAge?: string } = {}): Promise<number> {
  const approved = join(home, "report.json");
  writeFileSync(approved, JSON.stringify(content));
  return apply({ cwd: home, approved, maxAge: "24", ...options }, async () => {
    throw new Error("the machine was set up");
  });
}

const fleetOf = (reports: readonly Report[], failed: readonly object[] = []) => ({ version: 1, verdict: "", worst: null, reports, failed });

test("every report of a fleet that cannot be approved is said at once, before the machine is touched", async () => {
  const offline = fresh("eu", { source: "offline", approval: null });
  const edited = { ...fresh("us"), verdict: "shop/us: no change" };
  const content = fleetOf([fresh("prod"), offline, edited], [{ project: "shop", stack: "asia", message: "no engine" }]);
  await expect(run(content)).rejects.toThrow(
    /stack asia: there was no report of it\n {2}stack eu: its report was made offline[^\n]*\n {2}stack us: its report was changed after/,
  );
});

test("a pattern chooses among them; those that are left out hide nothing", async () => {
  const content = fleetOf([fresh("prod"), { ...fresh("us"), verdict: "edited" }]);
  await expect(run(content, { stack: "p*" })).rejects.toThrow("the machine was set up");
});

test("a stack that does not change is said, and nothing is set up for it", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await run(fresh("prod", { changes: false }))).toBe(0);
  expect(write).toHaveBeenCalledWith("shop/prod: nothing to deploy\n");
  write.mockRestore();
});

test("a file without the stack says which it has", async () => {
  await expect(run(fresh("prod"), { stack: "eu" })).rejects.toThrow("has no report of shop/eu (it has shop/prod)");
});

test("the report of another project is none of this one's", async () => {
  await expect(run(fresh("prod", { project: "bank" }))).rejects.toThrow("has no report of shop/* (it has bank/prod)");
});

test.each(["0", "-1", "soon", ""])("a report cannot hold for %j hours", async (maxAge) => {
  await expect(run(fresh("prod"), { maxAge })).rejects.toThrow(`hours must be a number above 0, got "${maxAge}"`);
});
