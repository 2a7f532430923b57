import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { rankContract } from "../contract/conformance.ts";
import { listen, READY, ready, service, shell } from "../contract/containers.ts";
import type { Contract } from "../contract/contract.ts";
import { promises } from "../contract/promises.ts";
import { dockerTarget } from "../support/docker-target.ts";
import { freePort, until } from "../support/stack.ts";
import { startTask } from "../support/task-run.ts";

promises(
  () => dockerTarget("mlstack-ct"),
  (contract) => {
    describe("on Docker", () => onDocker(contract));
    rankContract(contract);
  },
);

/** What the provider says it has updated while the container stays as it was; only the engine can tell. */
function onDocker({ target, good, bad }: Contract): void {
  const inspect = (name: string) => target().stack.container(name).inspect();

  test.each([
    ["the probe's interval", service(shell(READY), { readiness: ready({ interval: "700ms" }) }), 700_000_000, 10],
    ["the stop grace", service(shell(READY, { stopGrace: "3s" })), 1_000_000_000, 3],
  ])("%s is really changed", async (_, changed, interval, grace) => {
    await good(service());
    await good(changed);
    const { Config } = await inspect("web-0");
    expect([Config.Healthcheck?.Interval, Reflect.get(Config, "StopTimeout")]).toEqual([interval, grace]);
  });

  test("a service that ends again and again fails at once, on every deployment, with its last lines", async () => {
    const looping = service(shell("echo the password is too short; exit 3"), { startBudget: "2m" });
    for (const _ of [1, 2]) {
      const text = await bad(looping);
      expect(text).toMatch(
        /service "web" is not ready: web-0 ended with exit code 3, again and again \(\d+ times\); its last \d+ log lines:/,
      );
      expect(text).toContain("    the password is too short\n");
    }
    await good(service());
  });

  test("a job that is killed for its memory says so, and what gives it more", async () => {
    const script = "echo begun; x=a; while :; do x=$x$x; done";
    const resources = { cpu: 0.5, memory: "32Mi" as const };
    const container = shell(script, { resources, scratch: { "/tmp": "4Mi" }, sharedMemory: "4Mi" });
    const text = await bad({ jobs: { load: { container } } });
    expect(text).toContain(
      'job "load" was killed because it needs more memory than its limit of 32Mi (exit code 137); its last 1 log lines:',
    );
    expect(text).toContain('Raise container.resources.memory of job "load" and deploy again; the job will rerun.');
  });

  test("ports that are swapped, and a stack whose prefix, service and network get other names, take over what they had", async () => {
    const [one, two] = [await freePort(), await freePort()];
    const network = { subnet: "10.213.77.0/28" };
    const web = (port: number) => ({ ...service().services.web, publish: { port } });
    const docker = { ...target().platform.docker, network };
    await good({ docker, services: { a: web(one), b: web(two) } });
    await good({ docker, services: { a: web(two), b: web(one) } });
    const renamed = { prefix: `${target().stack.prefix}-2`, network: { ...network, name: `${target().stack.prefix}-other` } };
    await good({ docker: renamed, services: { a: web(one), c: web(two) } });
    expect(Object.keys(await target().stack.ids()).sort()).toEqual(["2-a-0", "2-c-0"]);
  });

  test("a member is started again at most so many times", async () => {
    await good({ gangs: { ring: { container: shell("exec sleep 600"), size: 2, rendezvousPort: 29500, maxRestarts: 5 } } });
    expect((await inspect("ring-1")).HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 5 });
  });

  test("a service is started again after a crash, and not after it was stopped by hand", async () => {
    await good(service());
    const { State } = await inspect("web-0");
    await target().stack.crash("web-0");
    await expect
      .poll(async () => (await inspect("web-0")).State)
      .toMatchObject({ Running: true, StartedAt: expect.not.stringMatching(State.StartedAt) });
    await target().stack.container("web-0").stop();
    const stopped = await inspect("web-0");
    expect(stopped.State).toMatchObject({ Status: "exited", Restarting: false });
    // What is stopped by hand stays so also when the engine itself is started anew, unlike with "always".
    expect(stopped.HostConfig.RestartPolicy?.Name).toBe("unless-stopped");
  });

  describe("a folder of the host", () => {
    let home: string;
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), "mlstack-host-"));
    });
    afterAll(() => rmSync(home, { recursive: true }));
    const folder = (name: string, text: string) => {
      const path = join(home, name);
      mkdirSync(path);
      writeFileSync(join(path, "model"), text);
      // Everybody may write there, so that only the mount can refuse it.
      chmodSync(path, 0o777);
      chmodSync(join(path, "model"), 0o666);
      return path;
    };

    test("is seen as it is, cannot be written, and is no change afterwards", async () => {
      const models = folder("models 1", "weights");
      const ask = (hostFolder: string) => service(shell(READY, { mounts: [{ hostFolder, path: "/app/models" }] }));
      await good(ask(`${models}/`));
      expect(await target().exec("web", 0, ["cat", "/app/models/model"])).toBe("weights");
      expect(await target().exec("web", 0, ["touch", "/app/models/model"])).toContain("Read-only file system");
      const first = await target().runs("web");
      expect((await target().stack.pulumi(["refresh", "--yes", "--skip-preview"])).code).toBe(0);
      await good(ask(models), "--expect-no-changes");
      writeFileSync(join(models, "model"), "better");
      expect(await target().exec("web", 0, ["cat", "/app/models/model"])).toBe("better");
      expect(await target().runs("web")).toEqual(first);
      await good(ask(folder("models 2", "others")));
      expect(await target().exec("web", 0, ["cat", "/app/models/model"])).toBe("others");
    });

    test("can be written in development, by a service with further names and limits on a network with its own packet size", async () => {
      const out = folder("out", "");
      const resources = { cpu: 0.2, memory: "160Mi" as const, lockedMemory: "4Mi" as const, stack: "64Mi" as const };
      const hosts = { "host.docker.internal": "host", "db.internal": "10.2.0.7" };
      const web = service(shell(READY, { resources, hosts, mounts: [{ hostFolder: out, path: "/out", readOnly: false }] }));
      const deployed = (network: object) => good({ docker: { ...target().platform.docker, network }, ...web });
      await deployed({ mtu: 1400, dns: ["10.0.0.53"] });
      const look =
        "ulimit -l; ulimit -s; getent hosts db.internal host.docker.internal | wc -l; cat /sys/class/net/eth0/mtu; touch /out/new; ls /out";
      expect((await target().exec("web", 0, ["bash", "-c", look])).trim().split(/\s+/)).toEqual([
        "4096",
        "65536",
        "2",
        "1400",
        "model",
        "new",
      ]);
      expect((await inspect("web-0")).HostConfig.Dns).toEqual(["10.0.0.53"]);
      expect(await target().stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
      await deployed({ mtu: 1300 });
      expect((await target().exec("web", 0, ["cat", "/sys/class/net/eth0/mtu"])).trim()).toBe("1300");
    });

    test("lets a job run again when it is another one", async () => {
      const ask = (hostFolder: string) => ({
        jobs: { load: { container: shell("cat /data/model", { mounts: [{ hostFolder, path: "/data" }] }) } },
      });
      const [one, two] = [folder("one", "first rows"), folder("two", "second rows")];
      for (const [path, text] of [
        [one, "first rows"],
        [two, "second rows"],
      ] as const) {
        await good(ask(path));
        expect(await target().log("load")).toBe(text);
        expect(await target().stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
      }
    });
  });

  test("a debugger gets in on this machine, and nowhere else", async () => {
    const port = await freePort();
    const script = `(${listen(5678)}) & ${READY}`;
    await good(service(shell(script), { debug: { port: 5678, hostPort: port } }));
    const say = () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => socket.end("attach\n", () => resolve())).once("error", reject);
      });
    await expect.poll(async () => say().then(() => target().log("web"))).toContain("heard: attach");
    expect((await inspect("web-0")).HostConfig.PortBindings).toEqual({ "5678/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] });
    expect(await target().stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  test("a run whose command was killed is removed by the next", async () => {
    await good({ tasks: { train: { container: shell("echo up; exec sleep 600") } } });
    const started = () => target().started("train");
    const killed = startTask(target().stack, ["train"]);
    await until("it runs", async () => (await started()).length === 1);
    const [left] = await started();
    killed.command.kill("SIGKILL");
    await killed.ended;
    expect(await started()).toEqual([left]);
    const next = startTask(target().stack, ["train"]);
    next.command.stdout?.once("data", () => next.command.kill("SIGTERM"));
    const { code, said } = await next.ended;
    expect({ code, said }).toEqual({ code: 143, said: expect.stringContaining(`removed run ${left?.slice(1)}, whose command was killed`) });
    expect(await started()).toEqual([]);
  });

  test("changed files leave no older copy behind", async () => {
    const ask = (text: string) => ({
      files: { settings: { "a.txt": text } },
      ...service(shell(READY, { mounts: [{ files: "settings", path: "/etc/a" }] })),
    });
    await good(ask("one"));
    await good(ask("two"));
    expect((await target().objects()).filter((name) => name.includes("settings"))).toHaveLength(2);
  });
}
