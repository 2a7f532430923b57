import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi/errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the engine is that a command means. */
export interface EngineHost {
  /** e.g. `unix:///run/user/1000/docker.sock`, `tcp://10.0.0.7:2376` or `ssh://me@gpu`. */
  readonly address: string;
  /** Who says so; undefined for the local socket, which nobody has to name. */
  readonly chosenBy: string | undefined;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, where the engine asks for them. */
  readonly certificates: string | undefined;
}

/** Where an engine of this machine listens unless it is told otherwise. */
export const LOCAL_SOCKET = "unix:///var/run/docker.sock";

/**
 * The engine that is meant, by the rule of the `docker` command: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else the context of
 * `docker context use`, else the local socket.
 *
 * @throws RunError where a context is meant that does not exist, or is none of Docker's.
 */
export function engineHost(env: Environment = process.env): EngineHost {
  const host = env["DOCKER_HOST"] ?? "";
  const certificates = env["DOCKER_CERT_PATH"] || undefined;
  if (host !== "") return { address: withScheme(host), chosenBy: "DOCKER_HOST", certificates };
  const named = env["DOCKER_CONTEXT"] ?? "";
  const context = named === "" ? currentContext(env) : named;
  if (context === "" || context === "default") return { address: LOCAL_SOCKET, chosenBy: undefined, certificates };
  return contextHost(env, context, named === "" ? `docker context use ${context}` : `DOCKER_CONTEXT=${context}`);
}

/** The variables by which every program means that engine, the Docker provider too; none where it is the local one anyway. */
export function engineVariables(
  { address, chosenBy, certificates }: EngineHost = engineHost(),
  env: Environment = process.env,
): Record<string, string> {
  if (chosenBy === undefined) return (env["DOCKER_CONTEXT"] ?? "") === "" ? {} : { DOCKER_CONTEXT: "" };
  const tls = certificates === undefined ? {} : { DOCKER_CERT_PATH: certificates, DOCKER_TLS_VERIFY: "1" };
  // The provider would take the context before the host.
  return { DOCKER_HOST: address, DOCKER_CONTEXT: "", ...tls };
}

/** Whether it is on another machine, whose ports and folders cannot be looked at from here. */
export function isRemote({ address }: EngineHost = engineHost()): boolean {
  return !isSocket(address);
}

/**
 * The Docker provider reads the environment by a rule of its own: a context goes before `DOCKER_HOST`, its certificates are
 * not used, and `docker context use` is not known.
 *
 * @returns the command that makes it mean the same engine, where it does not.
 */
export function providerRemedy(host: EngineHost = engineHost(), env: Environment = process.env): string | undefined {
  const context = env["DOCKER_CONTEXT"] ?? "";
  const certificates = env["DOCKER_CERT_PATH"] || undefined;
  // It looks for contexts in the user's home, whatever DOCKER_CONFIG says.
  const home = { DOCKER_CONFIG: join(userInfo().homedir, ".docker") };
  const address = context === "" ? env["DOCKER_HOST"] || LOCAL_SOCKET : endpointOf(home, context)?.address;
  if (address !== undefined && certificates === host.certificates && isSame(withScheme(address), host.address)) return undefined;
  return Object.entries(engineVariables(host, env))
    .map(([name, value]) => (value === "" ? `unset ${name}` : `export ${name}=${value}`))
    .join("; ");
}

function isSocket(address: string): boolean {
  return /^(unix|npipe):/.test(address);
}

function withScheme(address: string): string {
  return address.includes("://") ? address : `tcp://${address}`;
}

/** Two names of one socket are one engine. */
function isSame(a: string, b: string): boolean {
  return a === b || (a.startsWith("unix:") && b.startsWith("unix:") && socketOf(a) === socketOf(b));
}

function socketOf(address: string): string {
  const path = address.slice("unix://".length);
  return existsSync(path) ? realpathSync(path) : path;
}

function folderOf(env: Environment): string {
  return env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");
}

function currentContext(env: Environment): string {
  const { currentContext: context } = json(join(folderOf(env), "config.json"));
  return typeof context === "string" ? context : "";
}

function contextHost(env: Environment, context: string, chosenBy: string): EngineHost {
  const endpoint = endpointOf(env, context);
  if (endpoint !== undefined) return { ...endpoint, chosenBy };
  throw new RunError(
    `Docker: there is no context "${context}", which ${chosenBy} names; see \`docker context ls\`.\n  Nothing was changed.`,
  );
}

/** Where the engine of a context is; undefined where there is no such context. */
function endpointOf(env: Environment, context: string): Omit<EngineHost, "chosenBy"> | undefined {
  // Docker keeps a context under the hash of its name.
  const id = createHash("sha256").update(context).digest("hex");
  const contexts = join(folderOf(env), "contexts");
  const { Endpoints: endpoints } = json(join(contexts, "meta", id, "meta.json"));
  const docker = typeof endpoints === "object" && endpoints !== null && "docker" in endpoints ? endpoints.docker : undefined;
  const address = typeof docker === "object" && docker !== null && "Host" in docker ? docker.Host : undefined;
  if (typeof address !== "string" || address === "") return undefined;
  const tls = join(contexts, "tls", id, "docker");
  return { address, certificates: existsSync(join(tls, "cert.pem")) ? tls : undefined };
}

function json(path: string): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch (error) {
    throw new RunError(`Docker: ${path} cannot be read (${error instanceof Error ? error.message : String(error)}); correct it.`);
  }
}
