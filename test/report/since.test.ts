import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { run } from "../../tools/lib/run.ts";

/** A copy of this project with three stacks of its own, as a commit. */
const copy = join(mkdtempSync(join(tmpdir(), "mlstack-since-")), "project");
const git = (...args: string[]) =>
  execFileSync("git", ["-C", copy, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]).toString();
const stack = (name: string, parts: string) =>
  writeFileSync(join(copy, `Pulumi.${name}.yaml`), `config:\n  mlstack:platform: { kind: docker }\n  mlstack:${parts}\n`);

beforeAll(() => {
  const skipped = /\/(node_modules|dist|\.git|docs|bench|test|Pulumi\.\w+\.yaml)(\/|$)/;
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !skipped.test(path.slice(ROOT.length - 1)) });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "Pulumi.yaml"), "name: shop\n");
  stack("features", "features: { accounts: 100 }");
  stack("mlflow", "tracking: {}");
  stack("server", "serving: { api: { image: registry.example.com/api:1.0, edge: { tls: { selfSigned: true } } } }");
  git("init", "--quiet");
  // A link, which the rule for the folder does not mean.
  appendFileSync(join(copy, ".git", "info", "exclude"), "node_modules\n");
  git("add", ".");
  git("commit", "--quiet", "--message", "first");
});
afterAll(() => rmSync(join(copy, ".."), { recursive: true }));

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(join(copy, path), "utf8");
  expect(text).toContain(from);
  writeFileSync(join(copy, path), text.replace(from, to));
}

/** Stacks for which a report is made. */
async function reported(): Promise<string[]> {
  const env = { ...process.env, MLSTACK_STATE: join(copy, "..", "state") } as Record<string, string>;
  const words = [join(copy, "tools", "cli.ts"), "report", "--offline", "--json", "--changed-since", "HEAD"];
  const { output, text } = await run(process.execPath, words, { cwd: copy, env });
  expect(output, text).toMatch(/^{/);
  const { reports }: { reports: { stack: string }[] } = JSON.parse(output);
  git("checkout", "--quiet", ".");
  return reports.map((one) => one.stack);
}

test("a change that no stack declares anything else for concerns none", async () => {
  appendFileSync(join(copy, "components", "docker", "volume.ts"), "\n// A word.\n");
  appendFileSync(join(copy, "README.md"), "\nA word.\n");
  expect(await reported()).toEqual([]);
});

test("a change of an image's sources or of a component concerns the stacks that come out otherwise, and no other", async () => {
  edit("workloads/redis/Dockerfile", "AS runtime", "AS runtime\nRUN true");
  edit("components/tracking-server.ts", 'stopGrace: "20s"', 'stopGrace: "33s"');
  expect(await reported()).toEqual(["features", "mlflow"]);
});

test("other dependencies concern every stack", async () => {
  appendFileSync(join(copy, "package-lock.json"), "\n");
  expect(await reported()).toEqual(["features", "mlflow", "server"]);
});
