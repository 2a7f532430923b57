import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Part, RunningPipeline, Tables } from "./pipeline.ts";

const run = promisify(execFile);
const OBSERVER = readFileSync(fileURLToPath(new URL("observer.py", import.meta.url)), "utf8");

/** Bytes of the disk that the steps share; small, since it is filled. */
const DISK = "48m";

/** The images: that of the steps, and that of MLflow. */
export interface Images {
  readonly steps: string;
  readonly mlflow: string;
}

/** The steps as containers of one network on this machine's engine, started again by the engine. */
export class OnDocker implements RunningPipeline {
  private readonly name: string;
  private readonly images: Images;

  private constructor(name: string, images: Images) {
    this.name = name;
    this.images = images;
  }

  /** Starts everything; resolves when training has succeeded and the steps that never end are started. */
  static async start(name: string, images: Images): Promise<OnDocker> {
    const made = new OnDocker(name, images);
    await made.remove();
    await docker("network", "create", name);
    const disk = ["type=tmpfs", "device=tmpfs", `o=size=${DISK},uid=10001,gid=10001,mode=0770`].flatMap((option) => ["--opt", option]);
    await docker("volume", "create", "--driver", "local", ...disk, name);
    // It also holds the disk, which is in memory and would be gone with the last container that uses it.
    await made.container("observer", images.steps, ["--entrypoint", "sleep"], ["infinity"]);
    await made.container("mlflow", images.mlflow, [
      "--env",
      `ALLOWED_HOSTS=${name}-mlflow:5000`,
      "--env",
      "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
    ]);
    await made.once("history");
    await made.once("train");
    for (const step of ["inference", "stream", "ui"]) await made.container(step, images.steps, [], [step]);
    return made;
  }

  async kill(part: Part): Promise<void> {
    const pid = await this.pid(part);
    // From the host: `docker kill` counts as a stop by hand, after which the engine does not start it again.
    process.kill(pid, "SIGKILL");
    while ((await this.pid(part)) === pid) await after(50);
  }

  async ills(since: number): Promise<readonly string[]> {
    return JSON.parse(await this.observe("ills", this.name, String(since)));
  }

  async lock(seconds: number): Promise<void> {
    await this.observe("lock", String(seconds));
  }

  async fill(seconds: number): Promise<void> {
    await this.observe("fill", String(seconds));
  }

  async pause(seconds: number): Promise<void> {
    const all = ["inference", "stream", "mlflow", "ui"].map((part) => `${this.name}-${part}`);
    // An engine with much to do may fail to freeze one of them; the others are paused all the same.
    await docker("pause", ...all).catch(() => undefined);
    await after(seconds * 1000);
    await docker("unpause", ...all).catch(() => undefined);
  }

  async look(): Promise<Tables> {
    return JSON.parse(await this.observe("look"));
  }

  async page(): Promise<string | undefined> {
    return JSON.parse(await this.observe("page", `http://${this.name}-ui:8050`)) ?? undefined;
  }

  async remove(): Promise<void> {
    const { stdout } = await run("docker", ["ps", "--all", "--quiet", "--filter", `label=dev.mlstack.kills=${this.name}`]);
    const found = stdout.split("\n").filter((id) => id !== "");
    if (found.length > 0) await docker("rm", "--force", "--volumes", ...found);
    for (const kind of ["network", "volume"]) await run("docker", [kind, "rm", this.name]).catch(() => undefined);
  }

  private async once(step: string): Promise<void> {
    await docker("run", "--rm", ...this.options(step), this.images.steps, step);
  }

  private async container(part: string, image: string, options: readonly string[], args: readonly string[] = []): Promise<void> {
    await docker("run", "--detach", "--restart", "always", ...this.options(part), ...options, image, ...args);
  }

  private options(part: string): string[] {
    const env = {
      MLFLOW_TRACKING_URI: `http://${this.name}-mlflow:5000`,
      STREAM_INTERVAL: "1",
      SEED: "7",
      HISTORY_ROWS: "2000",
      REGISTRY_WAIT: "600",
    };
    const folder = part === "mlflow" ? [] : ["--volume", `${this.name}:/app/data`, "--read-only", "--tmpfs", "/tmp"];
    const given = Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
    const labels = ["--label", "dev.mlstack.test=1", "--label", `dev.mlstack.kills=${this.name}`];
    return ["--init", "--name", `${this.name}-${part}`, "--network", this.name, ...labels, ...folder, ...given];
  }

  private async pid(part: Part): Promise<number> {
    return Number(await docker("inspect", "--format", "{{.State.Pid}}", `${this.name}-${part}`));
  }

  private observe(...args: string[]): Promise<string> {
    return docker("exec", "--env", "SEED=7", `${this.name}-observer`, "python", "-c", OBSERVER, ...args);
  }
}

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { maxBuffer: 64 << 20 });
  return stdout.trim();
}
