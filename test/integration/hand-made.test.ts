import { execFileSync } from "node:child_process";
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

/** A line of the engine's command in which `@` begins the name of something of the stack. */
function docker(line: string): void {
  execFileSync("docker", line.replaceAll("@", `${stack.prefix}-`).split(" "), { stdio: "ignore" });
}

beforeAll(async () => {
  stack = await TestStack.create("mlstack-hm", { main: "test/contract/program.ts" });
  stack.configure({ ask: { docker: { prefix: stack.prefix }, ...ASK } });
  const { code, text } = await stack.up();
  if (code !== 0) throw new Error(text);
});
afterAll(() => stack.remove());

const GONE = "is gone: it will be made again";

/** Commands by hand, and all that is said then, without the stack's prefix. */
const CHANGES: [what: string, commands: string[], said: string[]][] = [
  ["stops a replica", ["stop @web-1"], ["web-1 was stopped by hand: it will be started again"]],
  ["kills a replica", ["kill @web-0"], ["web-0 was stopped by hand: it will be started again"]],
  ["removes a replica", ["rm -f @web-0"], [`web-0 ${GONE}`]],
  ["pauses a replica", ["pause @web-1"], ["web-1 was paused by hand: it will be started again"]],
  ["renames a replica", ["rename @web-1 @mine"], ["web-1 was renamed to @mine by hand: it will be made again"]],
  [
    "gives less memory",
    ["update --memory 100m --memory-swap 100m @web-0"],
    ["web-0 has another memory limit than the stack gives it: it will be made again"],
  ],
  [
    "gives fewer processors",
    ["update --cpu-quota 10000 @web-0"],
    ["web-0 has another processor limit than the stack gives it: it will be made again"],
  ],
  [
    "forbids a restart",
    ["update --restart no @web-1"],
    ["web-1 has another restart policy than the stack gives it: it will be made again"],
  ],
  [
    "disconnects a replica",
    ["network disconnect @network @web-0"],
    ["web-0 was disconnected from network @network by hand: it will be made again"],
  ],
  [
    "connects a replica anew",
    ["network disconnect @network @web-1", "network connect @network @web-1"],
    ["web-1 has lost its name web in network @network: it will be made again"],
  ],
  ["stops a member", ["stop @ring-1"], ["ring-1 was stopped by hand: it will be started again"]],
  ["removes all members", ["rm -f @ring-0 @ring-1"], [`ring-0 ${GONE}`, `ring-1 ${GONE}`]],
  ["removes a task", ["rm @train"], [`train ${GONE}`]],
  [
    "removes a job and the volume that it filled",
    ["rm @load", "volume rm @rows"],
    ["volume rows is gone with its data: it will be made again, empty", "load worked on volume rows, which is gone: it will run again"],
  ],
  [
    "removes the network",
    ["rm -f @web-0 @web-1 @ring-0 @ring-1", "network rm @network"],
    [
      "network @network is gone: it will be made again, with all that is in it",
      ...["web-0", "web-1", "ring-0", "ring-1"].map((name) => `${name} ${GONE}`),
    ],
  ],
];

describe.sequential("somebody", () => {
  test.each(CHANGES)("%s", async (_, commands, said) => {
    for (const line of commands) docker(line);
    const load = (await stack.ids())["load"];
    const preview = await stack.preview();
    const lines = said.map((line) => line.replaceAll("@", `${stack.prefix}-`));
    for (const line of lines) expect(preview.text).toContain(line);
    expect(preview.text.match(/^ {4}\S.*: (it|they) will .*$/gm)).toHaveLength(lines.length);
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(await stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
    const { Status } = (await stack.container("web-1").inspect()).State;
    expect(Status).toBe("running");
    if (load !== undefined) expect((await stack.ids())["load"]).toBe(load);
  });

  test("removes the files with all that mounts them", async () => {
    const carrier = Object.keys(await stack.ids()).find((name) => name.endsWith("-carrier")) ?? "";
    docker(`rm -f @web-0 @web-1 @${carrier}`);
    docker(`volume rm @${carrier.replace(/-carrier$/, "")}`);
    const preview = await stack.preview();
    expect(preview.text).toContain("is gone, and the files conf with it: they will be made again");
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(await stack.exec("web-0", ["cat", "/etc/conf/a.txt"])).toBe("one");
  });

  // Last: nothing of these is made again, so that no later change could show it.
  test("prunes what has ended, which changes nothing: a job's result is there", async () => {
    const carrier = Object.keys(await stack.ids()).find((name) => name.endsWith("-carrier"));
    docker(`rm @load @${carrier}`);
    const { code, text } = await stack.up("--expect-no-changes");
    expect(code, text).toBe(0);
    expect(text).not.toContain(" will ");
    expect(await stack.ids()).not.toHaveProperty("load");
  });
});

test(`${CLEAN_RUNS} previews of what nobody has touched find nothing`, async () => {
  for (let run = 0; run < CLEAN_RUNS; run++) {
    const { code, text } = await stack.preview("--expect-no-changes");
    expect(code, text).toBe(0);
    expect(text).not.toContain(" will ");
  }
});
