import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { ROOT } from "../../tools/lib/folders.ts";

const FOLDER = join(ROOT, ".github", "workflows");

const permissions = z.record(z.string(), z.enum(["read", "write", "none"]));
const step = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  if: z.string().optional(),
});
const job = z.strictObject({
  if: z.string().optional(),
  needs: z.string().optional(),
  environment: z.string().optional(),
  "runs-on": z.string(),
  "timeout-minutes": z.number(),
  permissions: permissions.optional(),
  steps: z.array(step),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean().optional() }),
  jobs: z.record(z.string(), job),
});

const files = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  return { file, text, content: workflow.parse(parse(text)) };
});
const jobs = files.flatMap(({ file, content }) =>
  Object.entries(content.jobs).map(([name, one]) => ({ file, name, one, content, rights: one.permissions ?? content.permissions })),
);
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

/** The one job that may write, and what. */
const WRITES: Readonly<Record<string, readonly string[]>> = { "comment.yml comment": ["pull-requests"] };
/** Jobs that run code of a pull request that may be a stranger's. */
const runsStrangers = ({ content }: (typeof jobs)[number]) => "pull_request" in content.on;

describe.each(files)("$file", ({ text, content }) => {
  test("never runs on pull_request_target, which would give a stranger's code the rights of this repository", () => {
    expect(Object.keys(content.on)).not.toContain("pull_request_target");
  });

  test("reads only, unless a job of it says more", () => expect(content.permissions).toEqual({ contents: "read" }));

  test("pins each action to a commit, with its version beside it", () => {
    const uses = text.split("\n").filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});

describe.each(jobs)("$file: $name", (each) => {
  const { one, rights, file, name } = each;
  const runs = one.steps.flatMap(({ run = [] }) => run);

  test("may write only what it is for", () => {
    const writes = Object.entries(rights).flatMap(([what, how]) => (how === "write" ? [what] : []));
    expect(writes).toEqual(WRITES[`${file} ${name}`] ?? []);
  });

  test("calls commands that exist", () => {
    const called = runs.flatMap((run) => [...run.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)].map(([, script]) => script ?? ""));
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((script) => !(script in scripts))).toEqual([]);
  });

  test("puts nothing that others have written into a line of a shell", () => {
    expect(runs.filter((run) => run.includes("${{"))).toEqual([]);
  });

  test("leaves no token in the checkout", () => {
    const checkouts = one.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts).toHaveLength(1);
    for (const { with: options } of checkouts) expect(options).toMatchObject({ "persist-credentials": false });
  });

  test("has no secret, and no token where it runs code of a pull request", () => {
    const text = JSON.stringify(one);
    expect(text).not.toMatch(/secrets\./);
    if (runsStrangers(each)) expect(text).not.toMatch(/github\.token|GITHUB_TOKEN/);
  });

  test("with a right to write runs the main branch's code only", () => {
    const isWriter = Object.values(rights).includes("write");
    const refs = one.steps.flatMap(({ uses, with: options }) => (uses?.startsWith("actions/checkout@") ? [options?.["ref"]] : []));
    if (isWriter) expect([Object.keys(each.content.on), refs]).toEqual([["workflow_run"], [undefined]]);
  });

  test("runs a stranger's code on no machine of ours", () => {
    const isOurs = one["runs-on"].includes("vars.");
    if (runsStrangers(each) && isOurs) expect(one.if).toContain("head.repo.full_name == github.repository");
  });
});

test("what is merged is deployed only with the approval of an environment, from the report of the same run", () => {
  const apply = files.find(({ file }) => file === "apply.yml")?.content;
  expect(apply?.on).toEqual({ push: { branches: ["main"] } });
  expect(apply?.jobs["apply"]).toMatchObject({ needs: "report", environment: "production" });
  const download = apply?.jobs["apply"]?.steps.find(({ uses }) => uses?.startsWith("actions/download-artifact@"));
  expect(Object.keys(download?.with ?? {})).not.toContain("run-id");
});

test("of a report's run that was cancelled, which has left no report, nothing is shown", () => {
  const comment = files.find(({ file }) => file === "comment.yml")?.content;
  expect(comment?.jobs["comment"]?.if).toMatch(/== 'pull_request' && github\.event\.workflow_run\.conclusion != 'cancelled'$/);
});
