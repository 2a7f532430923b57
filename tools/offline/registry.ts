import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cacheFolder, ensureFolder } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { step } from "../lib/step.ts";
import { debianProgram } from "./debian-program.ts";

/** Engines and nodes trust a registry on their own machine without a certificate. */
const HOST = "127.0.0.1";
/** A registry's usual port; where something else has it, such as MLflow, one of the next is taken. */
const PORTS = { first: 5000, last: 5099 } as const;
const ADDRESS = `${HOST}:${PORTS.first}`;
/** Longest time, in seconds, until a new one answers. */
const START_LIMIT = 10;
/** Bytes that the images of tests may take: three times those of one run. */
const LARGEST = 8e9;
const PACKAGE = "docker-registry";
const REMEDY = `no image registry answers at ${ADDRESS}; run one there: docker run -d -p ${ADDRESS}:5000 registry:2`;

/** An image registry from which a cluster on this machine pulls. */
export interface Registry {
  /** Host and port, the beginning of its images' names. */
  readonly address: string;
  /** Ends it where this process has started it; its images are removed unless they are kept in a folder. */
  end(): Promise<void>;
  /** Resolves when it has ended by itself; undefined where it is not this process's. */
  readonly ended?: Promise<void>;
}

/** Who may use a registry: a line of Apache's `htpasswd -B`. */
export interface Users {
  readonly htpasswd: string;
}

/** A real image registry: the one that answers already, or Debian's, whose images stay in `folder` for its next start. */
export function registry(folder: string): Promise<Registry> {
  return step("image registry", async (report) => {
    if (await answers(ADDRESS)) return { summary: `the one at ${ADDRESS}`, value: { address: ADDRESS, end: async () => {} } };
    const address = `${HOST}:${await freePort(PORTS.first)}`;
    const program = await debianProgram(PACKAGE, REMEDY, report);
    return { summary: `started ${PACKAGE} at ${address}`, value: await start(program, address, undefined, folder) };
  });
}

/** The folder for the images of tests. They stay, since an engine takes minutes to compress them, and begin again once they are too large. */
export function testImages(): string {
  const folder = join(cacheFolder(), "test-images");
  if (sizeOf(folder) > LARGEST) rmSync(folder, { recursive: true });
  return ensureFolder(folder);
}

function sizeOf(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((total, { parentPath, name }) => total + statSync(join(parentPath, name)).size, 0);
}

/** Debian's, empty, at an address of its own, until `end`. */
export function ownRegistry(address: string, users?: Users): Promise<Registry> {
  return step("image registry", async (report) => ({
    summary: `started ${PACKAGE} at ${address}`,
    value: await start(await debianProgram(PACKAGE, REMEDY, report), address, users),
  }));
}

/** The first port from `port` on that is free. @throws Problem when none of them is */
function freePort(port: number): Promise<number> {
  if (port > PORTS.last) throw new Problem(`no port from ${PORTS.first} to ${PORTS.last} of this machine is free for an image registry`);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", () => freePort(port + 1).then(resolve, reject));
    server.listen(port, HOST, () => server.close(() => resolve(port)));
  });
}

async function answers(address: string): Promise<boolean> {
  return fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ headers }) => headers.has("docker-distribution-api-version"),
    () => false,
  );
}

/** Starts it. @param kept folder for all it keeps; default: one of its own, until it ends */
async function start(program: string, address: string, users?: Users, kept?: string): Promise<Registry> {
  const home = kept ?? mkdtempSync(join(tmpdir(), "mlstack-registry-"));
  const settings = join(home, "config.yml");
  const log = join(home, "log");
  const storage = `version: 0.1\nstorage: { filesystem: { rootdirectory: ${home} } }\nhttp: { addr: "${address}" }\n`;
  const known = join(home, "htpasswd");
  if (users !== undefined) writeFileSync(known, `${users.htpasswd}\n`, { mode: 0o600 });
  writeFileSync(settings, `${storage}${users === undefined ? "" : `auth: { htpasswd: { realm: mlstack, path: ${known} } }\n`}`);
  const output = openSync(log, "a");
  // In a group of its own, so that an interrupt reaches it only after the tests, by `end`.
  const child = spawn(program, ["serve", settings], { detached: true, stdio: ["ignore", output, output] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  const end = async () => {
    if (child.exitCode === null && child.kill()) await gone;
    if (kept === undefined) rmSync(home, { recursive: true, force: true });
  };
  for (let waited = 0; waited < START_LIMIT && child.exitCode === null; waited += 0.1) {
    if (await answers(address)) return { address, end, ended: gone };
    await pause(100);
  }
  const last = readFileSync(log, "utf8").split("\n").slice(-5).join("\n");
  await end();
  throw new Problem(`${PACKAGE} does not answer at ${address}; another program may have the port (ss -ltnp):\n${last}`);
}
