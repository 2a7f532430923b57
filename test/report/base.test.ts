import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { settingsAt } from "../../tools/report/base.ts";
import { reportOf } from "../../tools/report/making.ts";
import { seenOffline } from "../../tools/report/offline.ts";

const PROD = "config:\n  mlstack:platform: { kind: docker }\n  mlstack:features: { api: { replicas: 3 }, publish: { port: 8000 } }\n";

let home: string;
let folder: string;
const git = (...args: string[]) => execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args]);
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-base-"));
  folder = join(home, "shop");
  vi.stubEnv("MLSTACK_STATE", join(home, "state"));
  execFileSync("git", ["init", "--quiet", folder]);
  write("Pulumi.yaml", "name: shop\n");
  write("Pulumi.prod.yaml", PROD);
  write("Pulumi.wrong.yaml", "config: { mlstack:platform: { kind: docker } }\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "first");
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** What a machine says that has never seen the stack, as one of a fork's pull request. */
async function reported() {
  const stack = { folder, project: "shop", name: "prod" };
  const seen = await seenOffline(stack, new Map(), settingsAt(folder, "HEAD").get("prod"));
  return reportOf(stack, seen, "offline");
}

test("where no state is, a stack that is as the commit has it does not change", async () => {
  expect((await reported()).verdict).toBe("shop/prod: no change");
});

test("where no state is, a change is that against the commit, and not a whole new stack", async () => {
  write("Pulumi.prod.yaml", PROD.replace("replicas: 3", "replicas: 2"));
  const report = await reported();
  expect(report.findings.map(({ kind, subject }) => [kind, subject])).toEqual([["capacity-down", "features/api"]]);
  expect(report.settings).toMatchObject([{ setting: "features.api.replicas", before: "3", after: "2" }]);
  expect(report.approval).toBeNull();
  write("Pulumi.prod.yaml", PROD);
});

test("a stack whose settings were wrong in the commit has no base there, and hides no other", () => {
  expect([...settingsAt(folder, "HEAD").keys()]).toEqual(["prod"]);
});
