import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import Docker from "dockerode";

import { clientOptions } from "../../components/docker/client-options.ts";
import { type EngineHost, engineHost } from "../../components/docker/engine-host.ts";

import { ensureFolder, stateFolder } from "../lib/folders.ts";
import { runs } from "../lib/pid-file.ts";
import { Problem } from "../lib/problem.ts";
import { mustRun, run } from "../lib/run.ts";
import { alone, type Report, step } from "../lib/step.ts";

/** Longest time, in seconds, that a new engine may take until it answers. */
const START_LIMIT = 60;

/**
 * A Docker engine that answers: the one that the `docker` command means (`DOCKER_HOST`, a context), or the local one. Where
 * there is none, Debian's is installed and started, as root on Debian or Ubuntu. A running engine is left as it is.
 */
export function dockerEngine(): Promise<void> {
  return step("Docker engine", async (report) => {
    const { address, chosenBy } = meant();
    const host = chosenBy === undefined ? "local socket" : `${address}, as ${chosenBy} says`;
    const running = await version();
    if (running !== undefined) return { summary: `${running} at ${host}`, value: undefined };
    if (chosenBy !== undefined) throw new Problem(`no engine answers at ${host}; start it, or choose another (see \`docker context ls\`)`);
    await refuseToInstall();
    return alone("docker-engine", report, async () => {
      const other = await version();
      return { summary: other === undefined ? `started dockerd ${await install(report)}` : `${other} at ${host}`, value: undefined };
    });
  });
}

function meant(): EngineHost {
  try {
    return engineHost();
  } catch (error) {
    throw RunError.isInstance(error) ? new Problem(error.message) : error;
  }
}

/** Installs the engine where it is missing, and starts it. */
async function install(report: Report): Promise<string> {
  if (!existsSync("/usr/sbin/dockerd")) {
    report("installing docker.io");
    await mustRun("Docker engine", "apt-get", ["update", "-qq"]);
    await mustRun("Docker engine", "apt-get", ["install", "-y", "-qq", "--no-install-recommends", "docker.io", "iptables"], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  report("starting dockerd");
  return start();
}

async function version(): Promise<string | undefined> {
  try {
    return (await new Docker(clientOptions()).version()).Version;
  } catch {
    return undefined;
  }
}

async function refuseToInstall(): Promise<void> {
  const debian = existsSync("/etc/debian_version");
  if (process.getuid?.() === 0 && debian) return;
  const command = debian
    ? "sudo apt-get install -y docker.io && sudo usermod -aG docker $USER"
    : "see https://docs.docker.com/engine/install";
  const systemd = (await run("systemctl", ["is-enabled", "docker"])).code === 0;
  throw new Problem(
    `no Docker engine answers. ${systemd ? "Start it: sudo systemctl start docker" : `Install one: ${command}`}; then run this command again.`,
  );
}

/** Where an engine notes its process id; it refuses to start while a process with that id lives, whatever it is. */
const ENGINE_PID = "/var/run/docker.pid";

/** Starts an engine that outlives this process; its log and process id are in the state folder. */
async function start(): Promise<string> {
  if (!runs(ENGINE_PID, "dockerd")) rmSync(ENGINE_PID, { force: true });
  const folder = ensureFolder(stateFolder());
  const log = join(folder, "dockerd.log");
  const output = openSync(log, "a");
  // It looks for its own helpers where an ordinary user's PATH does not.
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  const child = spawn("/usr/sbin/dockerd", [], { detached: true, stdio: ["ignore", output, output], env });
  child.unref();
  writeFileSync(join(folder, "dockerd.pid"), String(child.pid));
  for (let waited = 0; waited < START_LIMIT; waited += 0.25) {
    const running = await version();
    if (running !== undefined) return running;
    if (child.exitCode !== null) break;
    await pause(250);
  }
  throw new Problem(`dockerd did not come up; the end of ${log}:\n${readFileSync(log, "utf8").split("\n").slice(-12).join("\n")}`);
}
