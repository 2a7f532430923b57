import { setTimeout as after } from "node:timers/promises";

import { docker, labels, Observer, removeRun } from "./observer.ts";
import type { Part, RunningPipeline, Tables } from "./pipeline.ts";

/** Ports on which the parts answer. */
const PORTS: Readonly<Record<Part, number>> = { inference: 9400, stream: 9400, ui: 8050, mlflow: 5000 };

/** The images: that of the steps, and that of MLflow. */
export interface Images {
  readonly steps: string;
  readonly mlflow: string;
}

/** The steps as containers of one network on this machine's engine, started again by the engine. */
export class OnDocker implements RunningPipeline {
  private readonly name: string;
  private readonly images: Images;
  private readonly observer: Observer;

  private constructor(name: string, images: Images, observer: Observer) {
    this.name = name;
    this.images = images;
    this.observer = observer;
  }

  /** Starts everything; resolves when training has succeeded and the steps that never end are started. */
  static async start(name: string, images: Images): Promise<OnDocker> {
    await removeRun(name);
    await docker("network", "create", ...labels(name), name);
    const observer = await Observer.start(name, { image: images.steps, network: name, file: "wind.db" });
    const made = new OnDocker(name, images, observer);
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

  ills(since: number): Promise<readonly string[]> {
    const at = (part: Part) => `${this.name}-${part}:${PORTS[part]}`;
    return this.observer.ills({ inference: at("inference"), stream: at("stream"), ui: at("ui"), mlflow: at("mlflow") }, since);
  }

  lock(seconds: number): Promise<void> {
    return this.observer.lock(seconds);
  }

  fill(seconds: number): Promise<void> {
    return this.observer.fill(seconds);
  }

  async pause(seconds: number): Promise<void> {
    const all = ["inference", "stream", "mlflow", "ui"].map((part) => `${this.name}-${part}`);
    // An engine with much to do may fail to freeze one of them; the others are paused all the same.
    await docker("pause", ...all).catch(() => undefined);
    await after(seconds * 1000);
    await docker("unpause", ...all).catch(() => undefined);
  }

  look(): Promise<Tables> {
    return this.observer.look();
  }

  page(): Promise<string | undefined> {
    return this.observer.page(`${this.name}-ui:${PORTS.ui}`);
  }

  remove(): Promise<void> {
    return removeRun(this.name);
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
    return ["--init", "--name", `${this.name}-${part}`, "--network", this.name, ...labels(this.name), ...folder, ...given];
  }

  private async pid(part: Part): Promise<number> {
    return Number(await docker("inspect", "--format", "{{.State.Pid}}", `${this.name}-${part}`));
  }
}
