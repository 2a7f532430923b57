import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Part, Tables } from "./pipeline.ts";

const program = promisify(execFile);
const PROGRAM = readFileSync(fileURLToPath(new URL("observer.py", import.meta.url)), "utf8");

/** Bytes of the disk that the steps share; small, since it is filled. */
const DISK = "48m";
/** Label of all that a run makes on the engine. */
export const LABEL = "dev.mlstack.kills";

/** Where each part answers: host and port. */
export type Addresses = Readonly<Record<Part, string>>;

/** What a container needs to see the steps' disk and to reach them. */
interface Sight {
  /** The steps' own. */
  readonly image: string;
  /** Network from which the parts are reached. */
  readonly network: string;
  /** Name of the database's file on the disk. */
  readonly file: string;
}

/** A container of this machine's engine that holds the steps' disk, and looks at them and at what they have written there. */
export class Observer {
  private readonly container: string;
  private readonly file: string;

  private constructor(container: string, file: string) {
    this.container = container;
    this.file = file;
  }

  /** Makes a disk in memory called `name`, and the container that sees it, without which it would be gone when no step runs. */
  static async start(name: string, { image, network, file }: Sight): Promise<Observer> {
    await makeDisk(name, name, DISK);
    const container = `${name}-observer`;
    const options = ["--init", "--name", container, "--network", network, "--volume", `${name}:/app/data`, "--entrypoint", "sleep"];
    await docker("run", "--detach", "--restart", "always", ...labels(name), ...options, image, "infinity");
    return new Observer(container, file);
  }

  /** What is not well of the parts, and of the rows that were written since then. */
  async ills(addresses: Addresses, since: number): Promise<readonly string[]> {
    return JSON.parse(await this.ask("ills", JSON.stringify(addresses), String(since)));
  }

  async lock(seconds: number): Promise<void> {
    await this.ask("lock", String(seconds));
  }

  async fill(seconds: number): Promise<void> {
    await this.ask("fill", String(seconds));
  }

  async look(): Promise<Tables> {
    return JSON.parse(await this.ask("look"));
  }

  async page(address: string): Promise<string | undefined> {
    return JSON.parse(await this.ask("page", `http://${address}`)) ?? undefined;
  }

  private ask(...args: string[]): Promise<string> {
    const env = ["--env", "SEED=7", "--env", `DATABASE_FILE=/app/data/${this.file}`];
    return docker("exec", ...env, this.container, "python", "-c", PROGRAM, ...args);
  }
}

/** A disk in memory of this size, for the user of the steps' images. */
export async function makeDisk(run: string, name: string, size: string): Promise<void> {
  const options = ["type=tmpfs", "device=tmpfs", `o=size=${size},uid=10001,gid=10001,mode=0770`].flatMap((option) => ["--opt", option]);
  await docker("volume", "create", "--driver", "local", ...labels(run), ...options, name);
}

/** Labels of what a run makes. */
export function labels(run: string): string[] {
  return ["--label", "dev.mlstack.test=1", "--label", `${LABEL}=${run}`];
}

/** Removes the containers, networks and disks of a run. */
export async function removeRun(run: string): Promise<void> {
  const found = await docker("ps", "--all", "--quiet", "--filter", `label=${LABEL}=${run}`);
  if (found !== "") await docker("rm", "--force", "--volumes", ...found.split("\n"));
  for (const kind of ["network", "volume"]) {
    const left = await docker(kind, "ls", "--quiet", "--filter", `label=${LABEL}=${run}`);
    if (left !== "") await docker(kind, "rm", ...left.split("\n"));
  }
}

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await program("docker", args, { maxBuffer: 64 << 20 });
  return stdout.trim();
}
