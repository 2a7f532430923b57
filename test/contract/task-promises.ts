import { expect, test } from "vitest";

import { until } from "../support/stack.ts";
import { startTask } from "../support/task-run.ts";
import { READY, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/** A task that runs a script, and what it needs. */
const request = (script: string, container = {}, changes = {}) => ({
  tasks: { train: { container: shell(script, container), ...changes } },
});

/**
 * The promises of work on demand.
 *
 * @param good deploys what is asked for, which has to succeed
 */
export function taskPromises({ target, good }: Contract): void {
  const start = (...words: string[]) => startTask(target().stack, words);
  const nothingRuns = async () => expect(await target().started("train")).toEqual([]);

  test("is not started by a deployment", async () => {
    await good(request("echo started"));
    await nothingRuns();
    await good(request("echo started"), "--expect-no-changes");
    await good(request("echo started again"));
    await nothingRuns();
  });

  test("runs, when it is started, with its variables, secrets and mounts, and reaches what it names", async () => {
    const script = 'echo "$A|$KEY|$(cat /etc/a/a.txt)|$0 $*"; echo kept >/var/tmp/file; echo "from task" >/dev/tcp/web/8080; echo no >&2';
    const mounts = [
      { volume: "data", path: "/var/tmp" },
      { files: "settings", path: "/etc/a" },
    ];
    const { web } = service(shell(READY, { mounts: [{ volume: "data", path: "/var/tmp", readOnly: true }] })).services;
    const env = { A: `it's "1" $HOME $(HOME) $$`, KEY: { from: "secret", secret: "login", key: "password" } };
    const container = { command: ["bash", "-c", script], args: ["zero", "one"], env, mounts, calls: ["web"] };
    await good({
      volumes: { data: { size: "1Gi" } },
      files: { settings: { "a.txt": "settings" } },
      secrets: { login: { password: "hunter2" } },
      services: { web },
      ...request(script, container),
    });
    const before = await target().runs("web");
    const own = await start("train").ended;
    expect(own).toMatchObject({ code: 0, output: expect.stringContaining(`it's "1" $HOME $(HOME) $$|hunter2|settings|zero one\n`) });
    expect(`${own.output}${own.said}`).toContain("no\n");
    expect(await target().exec("web", 0, ["cat", "/var/tmp/file"])).toContain("kept");
    await expect.poll(() => target().log("web")).toContain("heard: from task");

    expect((await start("train", "$(HOME)", "two").ended).output).toContain("|$(HOME) two\n");
    await nothingRuns();
    expect(await target().runs("web")).toEqual(before);
  });

  test("that fails has its own exit code, and nothing else changes", async () => {
    const ask = { ...service(), ...request("echo last words; exit 7") };
    await good(ask);
    const before = await target().runs("web");
    const { code, output, said } = await start("train").ended;
    expect({ code, output, said }).toEqual({ code: 7, output: "last words\n", said: 'Task "train" ended with exit code 7\n' });
    await nothingRuns();
    expect(await target().runs("web")).toEqual(before);
    await good(ask, "--expect-no-changes");
  });

  test("is stopped by an interrupt within its grace, and at its deadline", async () => {
    const script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done";
    await good(request(script));
    const { command, ended } = start("train");
    command.stdout?.once("data", () => command.kill("SIGINT"));
    expect(await ended).toEqual({ code: 130, output: "up\nbye\n", said: 'Task "train" was interrupted\n' });
    await nothingRuns();
    await good(request(script, {}, { deadline: "3s" }));
    expect(await start("train").ended).toMatchObject({
      code: 124,
      said: 'Task "train" did not end within its deadline of 3 s and was ended\n',
    });
    await nothingRuns();
  });

  test("that is a shell is typed into on a terminal, and refused without one", async () => {
    await good(request("", { command: ["bash"] }, { interactive: true }));
    const refused = await start("train").ended;
    expect(refused).toMatchObject({ code: 1, said: 'Task "train" is typed into and needs a terminal; start it from one.\n' });
    const { code, output } = await startTask(target().stack, ["train"], "test -t 0 && echo $((6 * 7))\nexit 5\n").ended;
    expect(output).toMatch(/^42\r$/m);
    expect(code).toBe(5);
    await nothingRuns();
  });

  test("that does not exist is answered by the names of those that do", async () => {
    await good({ tasks: { ...request("true").tasks, evaluate: { container: shell("true") } } });
    const { code, said } = await start("tran").ended;
    expect(code).toBe(1);
    expect(said).toContain(`has no task "tran". Its tasks are evaluate, train: npm run task -- NAME`);
  });

  test("runs on when a deployment changes it, and ends when the stack is destroyed; nothing is left", async () => {
    const volumes = { data: { size: "1Gi" as const } };
    const ask = (version: string) => {
      const mounts = [{ volume: "data", path: "/var/tmp" }];
      return { volumes, ...request("echo up; exec sleep 600", { mounts, env: { VERSION: version } }) };
    };
    await good(ask("1"));
    const { ended } = start("train");
    await until("it runs", async () => (await target().started("train")).length === 1);
    const run = await target().started("train");
    await good(ask("2"));
    expect(await target().started("train")).toEqual(run);
    const { code, text } = await target().stack.destroy();
    expect(code, text).toBe(0);
    expect(await ended).toMatchObject({ code: 1, said: expect.stringContaining('Task "train" was ended: a deployment has removed it') });
    expect(await target().objects()).toEqual([]);
  });
}
