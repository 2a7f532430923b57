import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Ask } from "../contract/program.ts";
import { READY, ready, shell } from "../contract/promises.ts";
import { TestStack } from "../support/stack.ts";

/**
 * What is changed by hand on the engine is said by the preview in one line, put right by a deployment, and no change any
 * more afterwards; what is a result, and what is left as it was, is no change at all.
 */
const CLEAN_RUNS = Number(process.env["MLSTACK_CLEAN_RUNS"] ?? 5);

let stack: TestStack;
const mounts = [
  { volume: "data", path: "/var/tmp" },
  { files: "conf", path: "/etc/conf" },
];
const web = { container: shell(READY, { mounts, stopGrace: "1s" }), port: 8080, readiness: ready({ interval: "500ms" }) };
const ASK: Ask = {
  volumes: { data: { size: "1Gi" }, rows: { size: "1Gi" } },
  files: { conf: { "a.txt": "one" } },
  services: { web: { ...web, replicas: 2 } },
  jobs: { load: { container: shell("echo rows > /var/tmp/rows", { mounts: [{ volume: "rows", path: "/var/tmp" }] }) } },
  gangs: { ring: { container: shell("exec sleep 6000", { stopGrace: "1s" }), size: 2, rendezvousPort: 29500 } },
  tasks: { train: { container: shell("echo trained") } },
};

/** What is done by hand, as the engine's API has it. */
const container = (name: string) => stack.container(name);
const remove = (...names: string[]) => Promise.all(names.map((name) => container(name).remove({ force: true })));
const network = () => stack.docker.getNetwork(`${stack.prefix}-network`);
const volume = (name: string) => stack.docker.getVolume(`${stack.prefix}-${name}`);
const update = (name: string, change: object) => container(name).update(change);
const leave = (name: string) => network().disconnect({ Container: `${stack.prefix}-${name}` });

beforeAll(async () => {
  stack = await TestStack.create("mlstack-hm", { main: "test/contract/program.ts" });
  stack.configure({ ask: { docker: { prefix: stack.prefix }, ...ASK } });
  const { code, text } = await stack.up();
  if (code !== 0) throw new Error(text);
});
afterAll(() => stack.remove());

const GONE = "is gone: it will be made again";

/** Changes by hand, and all that is said then; `@` begins a name on the engine. */
const CHANGES: [what: string, change: () => Promise<unknown>, said: string[]][] = [
  ["stops a replica", () => container("web-1").stop(), ["web-1 was stopped by hand: it will be started again"]],
  ["kills a replica", () => container("web-0").kill(), ["web-0 was stopped by hand: it will be started again"]],
  ["removes a replica", () => remove("web-0"), [`web-0 ${GONE}`]],
  ["pauses a replica", () => container("web-1").pause(), ["web-1 was paused by hand: it will be started again"]],
  [
    "renames a replica",
    () => container("web-1").rename({ name: `${stack.prefix}-mine` }),
    ["web-1 was renamed to @mine by hand: it will be made again"],
  ],
  [
    "gives less memory",
    () => update("web-0", { Memory: 100 * 1024 ** 2, MemorySwap: 100 * 1024 ** 2 }),
    ["web-0 has another memory limit than the stack gives it: it will be made again"],
  ],
  [
    "gives fewer processors",
    () => update("web-0", { CpuQuota: 10_000 }),
    ["web-0 has another processor limit than the stack gives it: it will be made again"],
  ],
  [
    "forbids a restart",
    () => update("web-1", { RestartPolicy: { Name: "no" } }),
    ["web-1 has another restart policy than the stack gives it: it will be made again"],
  ],
  ["disconnects a replica", () => leave("web-0"), ["web-0 was disconnected from network @network by hand: it will be made again"]],
  [
    "connects a replica anew",
    async () => {
      await leave("web-1");
      await network().connect({ Container: `${stack.prefix}-web-1` });
    },
    ["web-1 has lost its name web in network @network: it will be made again"],
  ],
  ["stops a member", () => container("ring-1").stop(), ["ring-1 was stopped by hand: it will be started again"]],
  ["removes all members", () => remove("ring-0", "ring-1"), [`ring-0 ${GONE}`, `ring-1 ${GONE}`]],
  ["removes a task", () => remove("train"), [`train ${GONE}`]],
  [
    "removes a job and the volume that it filled",
    async () => {
      await remove("load");
      await volume("rows").remove();
    },
    ["volume rows is gone with its data: it will be made again, empty", "load worked on volume rows, which is gone: it will run again"],
  ],
  [
    "removes the network",
    async () => {
      await remove("web-0", "web-1", "ring-0", "ring-1");
      await network().remove();
    },
    [
      "network @network is gone: it will be made again, with all that is in it",
      ...["web-0", "web-1", "ring-0", "ring-1"].map((name) => `${name} ${GONE}`),
    ],
  ],
];

describe("somebody", () => {
  test.each(CHANGES)("%s", async (_, change, said) => {
    await change();
    const load = (await stack.ids())["load"];
    const lines = said.map((line) => line.replaceAll("@", `${stack.prefix}-`));
    // What the preview says, `up` says too: one run less for each row.
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    for (const line of lines) expect(text).toContain(line);
    // Pulumi prints each line once as it comes, and once at the end.
    expect(text.slice(text.lastIndexOf("Diagnostics:")).match(/: (it|they) will /g)).toHaveLength(lines.length);
    expect((await container("web-1").inspect()).State.Status).toBe("running");
    if (load !== undefined) expect((await stack.ids())["load"]).toBe(load);
    const after = await stack.preview("--expect-no-changes");
    expect(after.code, after.text).toBe(0);
  });

  test("is told so by the preview, which touches nothing", async () => {
    await container("web-0").stop();
    const { code, text, changes } = await stack.preview();
    expect(code, text).toBe(0);
    expect(text).toContain("web-0 was stopped by hand: it will be started again");
    expect(changes).toMatchObject({ "to replace": 1 });
    expect((await container("web-0").inspect()).State.Status).toBe("exited");
    expect((await stack.up()).code).toBe(0);
  });

  test("removes the files with all that mounts them", async () => {
    const carrier = Object.keys(await stack.ids()).find((name) => name.endsWith("-carrier")) ?? "";
    await remove("web-0", "web-1", carrier);
    await volume(carrier.replace(/-carrier$/, "")).remove();
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(text).toContain("is gone, and the files conf with it: they will be made again");
    expect(await stack.exec("web-0", ["cat", "/etc/conf/a.txt"])).toBe("one");
  });

  // Last: nothing of these is made again, so that no later change could show it.
  test("prunes what has ended, which changes nothing, with other limits neither: a job's result is there", async () => {
    const { container, ...load } = ASK.jobs?.["load"] ?? { container: {} };
    const limits = { resources: { cpu: 0.3, memory: "200Mi", processes: 100 }, user: { uid: 7, gid: 8 }, stopGrace: "3s" } as const;
    stack.configure({
      ask: { docker: { prefix: stack.prefix }, ...ASK, jobs: { load: { container: { ...container, ...limits }, ...load } } },
    });
    const carrier = Object.keys(await stack.ids()).find((name) => name.endsWith("-carrier")) ?? "";
    await remove("load", carrier);
    const { code, text } = await stack.up("--expect-no-changes");
    expect(code, text).toBe(0);
    expect(text).not.toContain(" will ");
    expect(await stack.ids()).not.toHaveProperty("load");
  });
});

test("a component that moves is refused though an ancestor has an alias, which does not lead to its old place", async () => {
  const kept = await stack.ids();
  const inside = (options: string) => (text: string) =>
    text.replace(
      /^const opts = .*$/m,
      `const opts = { parent: new pulumi.ComponentResource("a:b:C", "c", {}, { parent: platform, aliases: [{ type: "a:b:Old" }] })${options} };`,
    );
  stack.edit("test/contract/program.ts", inside(""));
  const { code, text } = await stack.up();
  expect(code, text).not.toBe(0);
  expect(text).toContain('volume "data" was declared at another place of the program, and its objects would be deleted with that place:');
  expect(await stack.ids()).toEqual(kept);
  stack.edit("test/contract/program.ts", inside(", aliases: [{ parent: platform }]"));
  const moved = await stack.up();
  expect(moved.code, moved.text).toBe(0);
  expect(await stack.ids()).toEqual(kept);
});

test(`${CLEAN_RUNS} previews of what nobody has touched find nothing`, async () => {
  for (let run = 0; run < CLEAN_RUNS; run++) {
    const { code, text } = await stack.preview("--expect-no-changes");
    expect(code, text).toBe(0);
    expect(text).not.toContain(" will ");
  }
});
