import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { stringify } from "yaml";

import { cacheFolder, ensureFolder } from "../../tools/lib/folders.ts";
import { ownSalt, withSalt } from "../../tools/setup/settings.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What Node has compiled of the copies of the project. */
const COMPILED = "compiled-copies";

/** What one run of Pulumi came to. */
export interface Run {
  readonly code: number;
  /** Everything it printed. */
  readonly text: string;
  /** How many resources were created, updated, replaced, deleted, unchanged. */
  readonly changes: Readonly<Record<string, number>>;
}

/** Which program a stack runs; default: the project's own. */
interface Where {
  /** Folder of the Pulumi project, from the root. */
  readonly folder?: string;
  /** The project's name. */
  readonly project?: string;
  /** Entry point, if another than the project file says. */
  readonly main?: string;
  /** What the stack's names on the engine begin with, if not with its own name. */
  readonly prefix?: string;
  /** Another stack of the folder, whose settings this one starts from. */
  readonly from?: string;
}

/** A stack of the real program on the real engine, with a state, names and labels of its own. */
export class TestStack {
  readonly docker = new Docker();
  /** Begins the names of the stack's containers. */
  readonly prefix: string;
  readonly home: string;
  /** Its name among the project's stacks. */
  readonly name: string;
  /** Folder of its own copy of the project. */
  readonly folder: string;
  /** Further variables of the commands it runs. */
  readonly variables: Record<string, string> = {};
  readonly port: number;
  private readonly project: string;
  private newState = "";

  private constructor(name: string, port: number, { folder = ".", project = "mlstack", prefix = name }: Where) {
    this.name = name;
    this.prefix = prefix;
    this.port = port;
    this.project = project;
    this.home = mkdtempSync(join(tmpdir(), `${prefix}-`));
    this.folder = join(this.home, "project", folder);
  }

  /** A fresh stack called `name`. */
  static async create(name: string, where: Where = {}): Promise<TestStack> {
    const stack = new TestStack(name, await freePort(), where);
    stack.copy();
    const { main, from } = where;
    if (from !== undefined) copyFileSync(join(stack.folder, `Pulumi.${from}.yaml`), join(stack.folder, stack.file));
    if (main !== undefined) stack.edit("Pulumi.yaml", (text) => text.replace(/^main: .*$/m, `main: ${main}`));
    const { code, text } = await stack.pulumi(["stack", "init", name]);
    if (code !== 0) throw new Error(text);
    stack.newState = readFileSync(stack.stateFile, "utf8");
    return stack;
  }

  /** Its settings, in its folder. */
  get file(): string {
    return `Pulumi.${this.name}.yaml`;
  }

  /** Changes a file of the stack's own copy of the project. */
  edit(path: string, change: (text: string) => string): void {
    const file = join(this.folder, path);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }

  get environment(): Record<string, string> {
    const state = { PULUMI_BACKEND_URL: `file://${this.home}`, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
    // With paths from its own folder on, which every copy of the project has, so that what one has compiled serves all of them.
    const compiled = { NODE_COMPILE_CACHE: join(this.home, COMPILED), NODE_COMPILE_CACHE_PORTABLE: "1" };
    // The provider of Kubernetes leaves a copy of the kubeconfig there at each command.
    const temporary = { TMPDIR: this.home };
    return { ...state, ...compiled, ...temporary, ...this.variables };
  }

  /** Writes the stack's settings. Its salt stays: of a new one, each command would derive a second key, for half a second. */
  configure(config: Readonly<Record<string, unknown>>): void {
    const file = join(this.folder, this.file);
    const keys = Object.entries(config).map(([key, value]) => [`mlstack:${key}`, value]);
    const settings = stringify({ config: Object.fromEntries(keys) }, { aliasDuplicateObjects: false });
    writeFileSync(file, withSalt(settings, ownSalt(file)));
  }

  up(...args: string[]): Promise<Run> {
    return this.pulumi(["up", "--yes", "--skip-preview", ...args]);
  }

  destroy(): Promise<Run> {
    return this.pulumi(["destroy", "--yes", "--skip-preview"]);
  }

  preview(...args: string[]): Promise<Run> {
    return this.pulumi(["preview", ...args]);
  }

  /** Runs one command of Pulumi on this stack. */
  pulumi(args: readonly string[]): Promise<Run> {
    const inits = args[0] === "stack" && args[1] === "init";
    const words = [...args, ...(inits ? [] : ["--stack", this.name]), "--non-interactive", "--color", "never"];
    return new Promise((resolve) => {
      execFile(
        "pulumi",
        words,
        { cwd: this.folder, env: { ...process.env, ...this.environment }, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          const text = `${stdout}${stderr}`;
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), text, changes: changesIn(text) });
        },
      );
    });
  }

  /** Starts a deployment that the test means to kill. */
  spawnUp() {
    const words = ["up", "--yes", "--skip-preview", "--stack", this.name, "--non-interactive", "--color", "never"];
    return spawn("pulumi", words, { cwd: this.folder, env: { ...process.env, ...this.environment }, stdio: "ignore", detached: true });
  }

  /** One of the stack's containers. */
  container(name: string): Docker.Container {
    return this.docker.getContainer(`${this.prefix}-${name}`);
  }

  /** Kills the main process of a container from outside, as a crash would; the engine does not count it as a stop. */
  async crash(name: string): Promise<void> {
    const { State } = await this.container(name).inspect();
    if (!State.Running || State.Pid <= 1) throw new Error(`${name} is not running`);
    process.kill(State.Pid, "SIGKILL");
  }

  async logs(name: string): Promise<string> {
    const log = await this.container(name).logs({ stdout: true, stderr: true });
    return this.printed(Readable.from(piecesOf(log)));
  }

  /** Ids of the stack's containers by name, without the stack's prefix. */
  async ids(): Promise<Record<string, string>> {
    const found = await this.docker.listContainers({ all: true, filters: { label: [this.label] } });
    const names = found.map(({ Names, Id }) => [(Names[0] ?? "").slice(this.prefix.length + 2), Id] as const);
    return Object.fromEntries(names.sort());
  }

  /** Names of everything on the engine that carries the stack's label. */
  async leftovers(): Promise<string[]> {
    const filters = { label: [this.label] };
    const volumes = (await this.docker.listVolumes({ filters: { label: [this.label] } })).Volumes ?? [];
    const networks = await this.docker.listNetworks({ filters });
    return [...Object.keys(await this.ids()), ...volumes.map(({ Name }) => Name), ...networks.map(({ Name }) => Name)];
  }

  /** Runs a program in one of the stack's containers and returns what it printed. */
  async exec(name: string, command: string[]): Promise<string> {
    const run = await this.container(name).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    return this.printed(await run.start({}));
  }

  /** What both outputs of a container printed, of a stream that has them in the engine's frames. */
  private async printed(stream: Readable): Promise<string> {
    const parts: Buffer[] = [];
    const both = new Writable({ write: (part: Buffer, _encoding, done) => done(void parts.push(part)) });
    this.docker.modem.demuxStream(stream, both, both);
    await finished(stream, { writable: false });
    return Buffer.concat(parts).toString("utf8");
  }

  /** GET on the published port. */
  async get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { signal: AbortSignal.timeout(30_000) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Destroys the stack and removes what a failed test may have left, whatever state it is in. */
  async remove(): Promise<void> {
    await this.destroy();
    await this.removeFromEngine();
    this.endOrphans();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Makes it a new stack again, of whose resources the state knows nothing; what there is of them is left to the caller. */
  forget(): void {
    writeFileSync(this.stateFile, this.newState);
  }

  /** Everything on the engine that carries the stack's label, without waiting for its grace. */
  async removeFromEngine(): Promise<void> {
    for (const id of Object.values(await this.ids())) await this.docker.getContainer(id).remove({ force: true, v: true });
    const filters = { label: [this.label] };
    for (const { Name } of (await this.docker.listVolumes({ filters: { label: [this.label] } })).Volumes ?? [])
      await this.docker.getVolume(Name).remove();
    for (const { Id, Name } of await this.docker.listNetworks({ filters })) await this.removeNetwork(Id, Name);
  }

  /** Docker 20.10 may go on counting an endpoint of a container that is gone, until it is started again: nothing else removes its network. */
  private async removeNetwork(id: string, name: string): Promise<void> {
    const network = this.docker.getNetwork(id);
    await network.remove().catch(async (error: unknown) => {
      const { Containers = {} } = await network.inspect();
      if (!String(error).includes("has active endpoints") || Object.keys(Containers).length > 0) throw error;
      process.stderr.write(`${name} has no container and stays until the engine is started again: ${String(error)}\n`);
    });
  }

  /** Providers outlive an engine that is killed; those of this stack know its state's folder. */
  private endOrphans(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      try {
        if (new RegExp(`(^|\\0)PULUMI_BACKEND_URL=file://${this.home}(/|\\0)`).test(readFileSync(`/proc/${pid}/environ`, "utf8")))
          process.kill(Number(pid));
      } catch {
        // It ended by itself, or belongs to somebody else.
      }
    }
  }

  private get stateFile(): string {
    return join(this.home, ".pulumi", "stacks", this.project, `${this.name}.json`);
  }

  private get label(): string {
    return `dev.mlstack.stack=${this.project}/${this.name}`;
  }

  /** The program runs from a copy, so that settings are written beside it and never into the checkout. */
  private copy(): void {
    const copy = join(this.home, "project");
    cpSync(ROOT, copy, { recursive: true, filter: (path) => !/\/(node_modules|dist|\.git)(\/|$)/.test(path.slice(ROOT.length - 1)) });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    symlinkSync(ensureFolder(join(cacheFolder(), COMPILED)), join(this.home, COMPILED));
  }
}

/** A log in pieces, since the client takes each apart frame by frame, one call deeper a frame. */
function* piecesOf(log: Buffer): Iterable<Buffer> {
  for (let at = 0; at < log.length; at += 4096) yield log.subarray(at, at + 4096);
}

/**
 * Waits for `condition`, at most `limit` seconds, which only end what hangs: the condition decides, not the time. It asks ever more seldom:
 * asking costs the processor that what is waited for needs.
 */
export async function until(what: string, condition: () => Promise<boolean>, limit = 300): Promise<void> {
  const end = Date.now() + limit * 1000;
  for (let pause = 100; !(await condition().catch(() => false)); pause = Math.min(1.2 * pause, 500)) {
    if (Date.now() > end) throw new Error(`${what}: did not happen within ${limit} s`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/**
 * Ports that nobody is given by itself: one of the system's choice may be a connection's a moment later, and from 30000 on a
 * cluster of this machine publishes.
 */
const PORTS = { from: 20_000, to: 30_000 } as const;

/** A port of this machine on which nobody listens. */
export function freePort(): Promise<number> {
  const port = randomInt(PORTS.from, PORTS.to);
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(freePort()));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
  });
}

/** Counts of Pulumi's closing summary, e.g. `{ created: 3, unchanged: 20 }`. */
function changesIn(text: string): Record<string, number> {
  const summary = text.slice(text.lastIndexOf("Resources:"));
  const rows = [
    ...summary.matchAll(
      /^\s*[^\s\d]*\s?(\d+) (created|updated|replaced|deleted|unchanged|errored|to create|to update|to replace|to delete)/gm,
    ),
  ];
  return Object.fromEntries(rows.map(([, amount, what]) => [what, Number(amount)]));
}
