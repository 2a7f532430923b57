import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";

import { NEXT } from "../../components/workload/drift.ts";
import { codeOf } from "../../tools/commands/drift.ts";
import { driftIn } from "../../tools/drift/look.ts";
import { driftReport, type StackDrift } from "../../tools/drift/schema.ts";
import { driftText } from "../../tools/drift/text.ts";
import { ROOT } from "../../tools/lib/folders.ts";

const CLEAN: StackDrift = { project: "shop", stack: "prod", target: "docker", differences: [], notes: [], failed: null };
const difference = {
  subject: "web-0",
  what: "was stopped by hand",
  next: "started again",
  outcome: "it will be started again",
  remedy: null,
} as const;
const left = { ...difference, next: "left alone", outcome: "it stays", remedy: "docker rm -f web-0" } as const;

describe("the text", () => {
  test("says each difference with what becomes of it, and a command where a deployment does nothing", () => {
    expect(driftText([{ ...CLEAN, differences: [difference, left], notes: ["Secret may not be listed"] }])).toBe(
      [
        "shop/prod: 2 differences (docker)",
        "  web-0 was stopped by hand: it will be started again",
        "  web-0 was stopped by hand: it stays",
        "    docker rm -f web-0",
        "  note: Secret may not be listed",
        "",
      ].join("\n"),
    );
  });

  test("says of each stack how it is", () => {
    const failed = { ...CLEAN, failed: "Docker: no engine answers.\n  Start it." };
    expect(driftText([CLEAN, { ...CLEAN, target: null }, failed])).toBe(
      "shop/prod: runs as it was deployed (docker)\nshop/prod: not deployed\nshop/prod: could not be looked at\n  Docker: no engine answers.\n    Start it.\n",
    );
  });
});

test.each<[StackDrift[], number]>([
  [[CLEAN, { ...CLEAN, target: null }], 0],
  [[CLEAN, { ...CLEAN, differences: [left] }], 2],
  // What is not known may be worse than what is.
  [
    [
      { ...CLEAN, differences: [left] },
      { ...CLEAN, failed: "no engine" },
    ],
    1,
  ],
])("the exit code (%#)", (stacks, code) => expect(codeOf(stacks)).toBe(code));

describe("a stack", () => {
  let home: string;
  const stack = { folder: ROOT, project: "shop", name: "prod" };
  const owner = {
    urn: "urn:pulumi:prod::shop::mlstack:docker:Platform$pulumi:index:Stash::owner",
    type: "pulumi:index:Stash",
    outputs: { output: "5" },
  };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "mlstack-drift-"));
    vi.stubEnv("MLSTACK_STATE", home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });
  const write = (folder: string, name: string, value: object) => {
    const path = join(home, "backend", ".pulumi", folder);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, name), JSON.stringify(value));
  };
  const deployed = () =>
    write(join("stacks", "shop"), "prod.json", {
      checkpoint: { latest: { resources: [owner] } },
    });

  test("that was never deployed, or taken down, is not", async () => {
    expect(await driftIn([stack])).toEqual([{ ...CLEAN, target: null }]);
    write(join("stacks", "shop"), "prod.json", { checkpoint: { latest: {} } });
    expect(await driftIn([stack])).toEqual([{ ...CLEAN, target: null }]);
  });

  test("whose engine does not answer is said in a sentence, and hides no other", async () => {
    deployed();
    vi.stubEnv("DOCKER_HOST", `unix://${home}/none.sock`);
    const [first, second] = await driftIn([stack, { ...stack, name: "other" }]);
    expect(first?.failed).toMatch(/^Docker: no engine answers at unix:.*none\.sock .*\n {2}Start it .*\n {2}Nothing was changed\.$/);
    expect(second).toMatchObject({ target: null, failed: null });
  });

  test("that is being deployed is not looked at meanwhile", async () => {
    deployed();
    write(join("locks", "organization", "shop", "prod"), "a.json", {
      pid: process.pid,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    });
    expect((await driftIn([stack]))[0]?.failed).toContain("is being deployed (process");
  });
});

test("the documentation has every field and word of the format", () => {
  const page = readFileSync(join(ROOT, "docs", "drift.md"), "utf8");
  const cells = (heading: string) =>
    (page.slice(page.indexOf(heading)).split("\n\n")[0] ?? "")
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""));
  expect(cells("| field |")).toEqual(Object.keys(driftReport.shape.stacks.element.shape));
  expect(cells("| next |")).toEqual([...NEXT]);
  expect(z.toJSONSchema(driftReport)).toMatchObject({ type: "object", additionalProperties: false });
});
