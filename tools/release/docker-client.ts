import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { SettingsFolder } from "./settings-folder.ts";

/** What a `docker` command left. */
export interface Answer {
  readonly code: number;
  /** Standard output alone. */
  readonly out: string;
  /** Standard output and error together, in the order they came. */
  readonly text: string;
}

export interface AskOptions {
  /** What it reads from its standard input, e.g. a password: no other process sees it there. */
  readonly input?: string;
  /** Called with every line of output while it runs. */
  readonly onLine?: (line: string) => void;
}

/** A user of a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The `docker` command, as far as a release uses it. */
export interface Docker {
  /** Runs `docker` with `args`; a command that cannot be started has code 127. */
  ask(args: readonly string[], options?: AskOptions): Promise<Answer>;
  /** Logs in to the registry of `host`; the user's own logins stay as they are. */
  login(host: string, login: Login): Promise<Answer>;
  /** Removes what it has written. */
  close(): void;
}

/** The user has asked to stop; what was started is ended, and nothing more is started. */
export class Interrupted extends Error {}

/**
 * The `docker` command under settings of its own: a copy of the user's, in a folder that goes with `close`. What a login
 * or an index of images writes there never reaches the user's own.
 */
export class DockerClient implements Docker {
  private readonly settings = new SettingsFolder();
  private readonly stop: AbortSignal;

  /** @param stop ends the running command, and refuses any other */
  constructor(stop: AbortSignal) {
    this.stop = stop;
  }

  async ask(args: readonly string[], { input = "", onLine }: AskOptions = {}): Promise<Answer> {
    if (this.stop.aborted) throw new Interrupted();
    const env = {
      ...process.env,
      DOCKER_CONFIG: this.settings.path,
      // With provenance, what is pushed for one platform is an index itself, which no other index can hold.
      BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
      // A builder elsewhere would keep the image to itself.
      BUILDX_BUILDER: "",
      // Only docker gets the password, through its standard input.
      MLSTACK_REGISTRY_PASSWORD: undefined,
    };
    const child = spawn("docker", args, { env, signal: this.stop, stdio: ["pipe", "pipe", "pipe"] });
    const out: string[] = [];
    const all: string[] = [];
    const reading = [child.stdout, child.stderr].map(async (stream) => {
      for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (stream === child.stdout) out.push(line);
        all.push(line);
        onLine?.(line);
      }
    });
    // A command that ends before it has read everything shows it by its exit code.
    child.stdin.on("error", () => {}).end(input);
    const code = await new Promise<number>((resolve) => {
      child.once("error", (error) => {
        all.push(error.message);
        resolve(127);
      });
      child.once("close", (ended) => resolve(ended ?? 1));
    });
    if (this.stop.aborted) throw new Interrupted();
    if (code !== 127) await Promise.all(reading);
    return { code, out: out.join("\n"), text: all.join("\n") };
  }

  login(host: string, { username, password }: Login): Promise<Answer> {
    this.settings.keepLoginHere(host);
    return this.ask(["login", "--username", username, "--password-stdin", host], { input: password });
  }

  close(): void {
    this.settings.remove();
  }
}

/**
 * The user that the variables `MLSTACK_REGISTRY_USERNAME` and `MLSTACK_REGISTRY_PASSWORD` name; undefined where neither
 * is there.
 */
export function loginOf(env: Readonly<Record<string, string | undefined>>): Login | { missing: string } | undefined {
  const [username = "", password = ""] = [env["MLSTACK_REGISTRY_USERNAME"], env["MLSTACK_REGISTRY_PASSWORD"]];
  if (username === "" && password === "") return undefined;
  if (username === "") return { missing: "MLSTACK_REGISTRY_USERNAME" };
  if (password === "") return { missing: "MLSTACK_REGISTRY_PASSWORD" };
  return { username, password };
}
