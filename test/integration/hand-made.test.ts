import { execFile } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerDrift } from "../../components/docker/stack-drift.ts";
import { driftReport } from "../../tools/drift/schema.ts";
import { READY, ready, shell } from "../contract/containers.ts";
import type { Ask } from "../contract/program.ts";
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
  files: { conf: { "a.txt": "one", "b.txt": "two" } },
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

/** What of the stack is not as it was deployed, one line each. */
async function drift(): Promise<string[]> {
  const state = JSON.parse(readFileSync(join(stack.home, ".pulumi", "stacks", "mlstack", `${stack.name}.json`), "utf8"));
  const found = await dockerDrift(state.checkpoint.latest.resources);
  return found.map(({ subject, what, outcome }) => `${subject} ${what}: ${outcome}`);
}

/** A container of somebody's, made from the image of one of the stack's. */
async function foreign(name: string, of: string, changes: object = {}): Promise<void> {
  const { Config } = await container(of).inspect();
  const HostConfig = { NetworkMode: "none" };
  const made = await stack.docker.createContainer({ name, Image: Config.Image, Cmd: ["sleep", "600"], HostConfig, ...changes });
  await made.start();
}

/** The labels that a deployment gives. */
const labelsOf = async (of: string) => (await container(of).inspect()).Config.Labels;
/** The volume of the config files, and one of the containers that mount it. */
const confVolume = async () =>
  (await container("web-0").inspect()).Mounts.find(({ Destination }) => Destination === "/etc/conf")?.Name ?? "";
/** Has a container of somebody's do something to the config files. */
async function inFiles(script: string): Promise<void> {
  const { Config } = await container("web-0").inspect();
  const HostConfig = { Binds: [`${await confVolume()}:/files`], NetworkMode: "none" };
  const made = await stack.docker.createContainer({ Image: Config.Image, User: "0", Cmd: ["sh", "-c", script], HostConfig });
  try {
    await made.start();
    await made.wait();
  } finally {
    await made.remove({ force: true });
  }
}

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
  [
    "gives limits that a deployment knows nothing of",
    async () => {
      await update("web-0", { PidsLimit: 50 });
      await update("web-1", { CpusetCpus: "0" });
      await update("ring-0", { MemoryReservation: 64 * 1024 ** 2 });
      await update("ring-1", { CpuShares: 64 });
      await update("train", { BlkioWeight: 0, CpuPeriod: 50_000, CpuQuota: 10_000 });
    },
    [
      "web-0 has another limit of processes than the stack gives it: it will be made again",
      "web-1 has another choice of processors than the stack gives it: it will be made again",
      "ring-0 has another memory reservation than the stack gives it: it will be made again",
      "ring-1 has another share of the processors than the stack gives it: it will be made again",
      "train has another processor limit than the stack gives it: it will be made again",
    ],
  ],
  [
    "changes a file, and removes another",
    () => inFiles("echo two >/files/a.txt; rm /files/b.txt"),
    ["files conf were changed by hand (a.txt, b.txt): they will be written again, and what serves or trains with them starts again"],
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
    expect((await drift()).sort()).toEqual([...lines].sort());
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

  test("puts one of their own in the place of a replica, which looks like it", async () => {
    const Labels = await labelsOf("web-0");
    const { Config } = await container("web-1").inspect();
    await remove("web-0");
    await foreign(`${stack.prefix}-web-0`, "web-1", { Labels, Env: ["A=1"], User: "0" });
    expect(await drift()).toEqual([
      `web-0 ${GONE}`,
      `container ${stack.prefix}-web-0 was made by hand under the name of web-0, with another command, mounts, user, capabilities, protection of its files, privileges, labels: a deployment removes it and makes its own`,
    ]);
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect((await container("web-0").inspect()).Config.User).toBe(Config.User);
    expect(await drift()).toEqual([]);
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

  describe("does what a deployment leaves alone or refuses, and", () => {
    const other = "mlstack-hm-other";
    const LABELLED = "carries the labels of this stack, and no deployment has made it: a deployment leaves it as it is";
    const STRANGE: [what: string, change: () => Promise<unknown>, undo: () => Promise<unknown>, found: string[]][] = [
      [
        "connects a replica to a further network",
        async () => (await stack.docker.createNetwork({ Name: other })).connect({ Container: `${stack.prefix}-web-0` }),
        async () => {
          await stack.docker.getNetwork(other).disconnect({ Container: `${stack.prefix}-web-0` });
          await stack.docker.getNetwork(other).remove();
        },
        [`web-0 was connected to network ${other} by hand: it stays there`],
      ],
      [
        "runs a container with a replica's labels",
        async () => foreign(other, "web-0", { Labels: await labelsOf("web-0") }),
        () => remove("other"),
        [`container ${other} ${LABELLED}`],
      ],
      [
        "runs one with the stack's name alone",
        async () => foreign(other, "web-0", { Labels: { "dev.mlstack.stack": `mlstack/${stack.name}` } }),
        () => remove("other"),
        [`container ${other} ${LABELLED}`],
      ],
      [
        "runs one in the stack's network",
        () => foreign(other, "web-0", { HostConfig: { NetworkMode: `${stack.prefix}-network` } }),
        () => remove("other"),
        [`container ${other} is in the stack's network, and no deployment has made it: a deployment leaves it as it is`],
      ],
      [
        "makes a network with the stack's labels",
        async () => stack.docker.createNetwork({ Name: other, Labels: await labelsOf("web-0") }),
        () => stack.docker.getNetwork(other).remove(),
        [`network ${other} ${LABELLED}`],
      ],
      [
        "has a container under the name of a job",
        async () => {
          await remove("load");
          await foreign(`${stack.prefix}-load`, "web-0");
        },
        () => remove("load"),
        [
          `container @load was made by hand under the name of load, with another command, mounts, user, capabilities, protection of its files, privileges, labels: a deployment is refused while it is there`,
        ],
      ],
      [
        "adds a file",
        () => inFiles("echo more >/files/c.txt"),
        () => inFiles("rm /files/c.txt"),
        ["files conf have others beside them by hand (c.txt): those stay"],
      ],
      [
        "makes a volume under the name of the stack's",
        async () => {
          await volume("rows").remove();
          await stack.docker.createVolume({ Name: `${stack.prefix}-rows` });
        },
        async () => {},
        ["volume rows was made by hand under the same name: it stays as it is, and jobs that filled the former one do not run again"],
      ],
    ];

    test.each(STRANGE)("%s", async (_, change, undo, found) => {
      try {
        await change();
        expect(await drift()).toEqual(found.map((line) => line.replaceAll("@", `${stack.prefix}-`)));
      } finally {
        await undo();
      }
    });

    test("the command says so, with a code of its own and the same for machines", async () => {
      symlinkSync(stack.home, join(stack.home, "backend"));
      const env = { ...process.env, MLSTACK_STATE: stack.home };
      const words = ["tools/cli.ts", "drift", "-s", stack.name, "--json"];
      const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) =>
        execFile(process.execPath, words, { cwd: stack.folder, env }, (error, output) => resolve({ code: error?.code, output })),
      );
      expect(code, output).toBe(2);
      expect(driftReport.parse(JSON.parse(output)).stacks).toMatchObject([
        {
          project: "mlstack",
          stack: stack.name,
          target: "docker",
          differences: [{ subject: "volume rows", next: "left alone" }],
          failed: null,
        },
      ]);
      // What a deployment fills again.
      await volume("rows").remove();
      expect(await drift()).toHaveLength(2);
      expect((await stack.up()).code).toBe(0);
    });
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

test("a policy pack is checked by the preview, on this project's own language host where Pulumi was built here", async () => {
  const pack = ["--policy-pack", "policy"];
  const { code, text } = await stack.preview(...pack);
  expect(code).not.toBe(0);
  expect(text).toMatch(/\[mandatory\] +pinned-image .*web-0/);
  expect(text).toContain("which may be another image tomorrow; name it with a version");
  const settings = join(stack.home, "company.json");
  writeFileSync(settings, JSON.stringify({ "pinned-image": "disabled", "memory-budget": { limit: 1000 } }));
  const run = await stack.preview(...pack, "--policy-pack-config", settings, "--expect-no-changes");
  expect(run.code, run.text).toBe(0);
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

test(`${5 * CLEAN_RUNS} looks at what nobody has touched find nothing`, async () => {
  for (let run = 0; run < 5 * CLEAN_RUNS; run++) expect(await drift()).toEqual([]);
});

test(`${CLEAN_RUNS} previews of what nobody has touched find nothing`, async () => {
  for (let run = 0; run < CLEAN_RUNS; run++) {
    const { code, text } = await stack.preview("--expect-no-changes");
    expect(code, text).toBe(0);
    expect(text).not.toContain(" will ");
  }
});
