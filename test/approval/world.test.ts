import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { contentsOnEngine, engineIdentity } from "../../components/docker/identity.ts";
import { clusterIdentity } from "../../components/kubernetes/identity.ts";
import type { Declared, ResourceChange } from "../../components/workload/change.ts";
import { resourceIn, stepIn, stepsOf } from "../../tools/approval/steps.ts";
import { workingTree } from "../../tools/approval/working-tree.ts";

describe("a working tree", () => {
  let folder: string;
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args]);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mlstack-tree-"));
    git("init", "--quiet");
    write("index.ts", "one");
    git("add", "--all");
    git("commit", "--quiet", "--message", "first");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("tells each change from every other, and a change that is taken back from none", () => {
    const clean = workingTree(folder);
    write("index.ts", "two");
    const changed = workingTree(folder);
    write("index.ts", "three");
    expect(new Set([clean, changed, workingTree(folder)]).size).toBe(3);
    git("add", "--all");
    write("index.ts", "two");
    expect(workingTree(folder)).toBe(changed);
    git("checkout", "--quiet", "HEAD", "--", ".");
    expect(workingTree(folder)).toBe(clean);
  });

  test("has a program's new file in it, and not the report that is just written", () => {
    const clean = workingTree(folder);
    write("report.json", "{}");
    expect(workingTree(folder)).toBe(clean);
    write("more.ts", "one");
    const more = workingTree(folder);
    write("more.ts", "two");
    expect(new Set([clean, more, workingTree(folder)]).size).toBe(3);
  });

  test("is none outside a repository", () => expect(workingTree(tmpdir())).toBeNull());
});

describe("steps", () => {
  const declared = (inputs: object): Declared => ({
    type: "docker:index/container:Container",
    name: "api-0",
    within: ["mlstack:docker:Service"],
    under: ["api"],
    retained: false,
    inputs: { ...inputs },
  });
  const change = (more: Partial<ResourceChange> = {}): ResourceChange => ({
    step: "update",
    before: declared({ memory: 256 }),
    after: declared({ memory: 512 }),
    changed: ["memory"],
    ...more,
  });
  const [entry] = Object.entries(stepsOf([change()]));

  test("are of what changes, by its whole place", () => {
    expect(entry?.[0]).toBe("mlstack:docker:Service$docker:index/container:Container::api-0");
    expect(resourceIn(entry?.[0] ?? "")).toBe("Container api-0");
    expect(stepIn(entry?.[1] ?? "")).toBe("update");
    expect(stepsOf([change({ step: "same" })])).toEqual({});
  });

  test.each([
    ["another step", change({ step: "replace" })],
    ["another value", change({ after: declared({ memory: 1024 }) })],
    ["another start", change({ before: declared({ memory: 128 }) })],
    ["another input that differs", change({ changed: ["memory", "envs"] })],
    ["whether it stays", change({ after: { ...declared({ memory: 512 }), retained: true } })],
  ])("differ by %s", (_what, other) => expect(Object.values(stepsOf([other]))).not.toEqual([entry?.[1]]));

  test("do not differ by a name that Kubernetes' provider makes up for what is new, nor by what is hashed of it", () => {
    const made = (name: string, more: object = {}): ResourceChange[] => {
      const secret = { metadata: { name, annotations: { "pulumi.com/autonamed": "true" } }, ...more };
      const job = { spec: { secretName: name }, metadata: { annotations: { "mlstack.dev/run": `hash of ${name}` } } };
      return [secret, job].map((inputs, index) =>
        change({ step: "create", before: undefined, after: { ...declared(inputs), name: ["redis", "load"][index] ?? "" }, changed: [] }),
      );
    };
    expect(stepsOf(made("redis-1234"))).toEqual(stepsOf(made("redis-5678")));
    expect(stepsOf(made("redis-1234"))).not.toEqual(stepsOf(made("redis-1234", { immutable: true })));
  });

  test("do not differ by the order in which inputs are said", () => {
    const one = change({ after: declared({ memory: 512, cpu: 1 }), changed: ["cpu", "memory"] });
    const other = change({ after: declared({ cpu: 1, memory: 512 }), changed: ["memory", "cpu"] });
    expect(stepsOf([one])).toEqual(stepsOf([other]));
  });
});

describe("a target", () => {
  test("is an engine by the id that it has given itself", async () => {
    const api = { get: async <T>() => ({ ID: "ABCD:EFGH" }) as T, find: async () => undefined };
    expect(await engineIdentity(api)).toBe("Docker engine ABCD:EFGH");
  });

  test("is a cluster by its first namespace, else by its address", async () => {
    const cluster = (uid?: string) => ({
      server: "https://10.0.0.7",
      find: async <T>() => (uid === undefined ? undefined : { metadata: { uid } }) as T,
    });
    expect(await clusterIdentity(cluster("77-88"))).toBe("Kubernetes cluster 77-88");
    expect(await clusterIdentity(cluster())).toBe("Kubernetes cluster at https://10.0.0.7");
  });

  test("has each image once, and none that is not there", async () => {
    const asked: string[] = [];
    const find = async <T>(path: string) => {
      asked.push(path);
      return (path.includes("api") ? { Id: "sha256:77" } : undefined) as T;
    };
    expect(await contentsOnEngine(["mlstack/api:1", "mlstack/api:1", "redis:7"], { get: async <T>() => ({}) as T, find })).toEqual({
      "mlstack/api:1": "sha256:77",
    });
    expect(asked).toEqual(["/images/mlstack%2Fapi%3A1/json", "/images/redis%3A7/json"]);
  });
});
