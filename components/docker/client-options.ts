import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { RunError } from "@pulumi/pulumi/errors.js";
import type Modem from "docker-modem";

import { type EngineHost, engineHost } from "./engine-host.ts";

type ClientOptions = Pick<Modem.ConstructorOptions, "socketPath" | "protocol" | "host" | "port" | "agent" | "ca" | "cert" | "key"> & {
  readonly pathPrefix?: string;
};

/** How a client of the engine's API reaches that engine. @throws RunError for an address that is none */
export function clientOptions({ address, certificates }: EngineHost = engineHost()): ClientOptions {
  if (!URL.canParse(address)) throw new RunError(`Docker: "${address}" is no address of an engine; it looks like tcp://10.0.0.7:2376.`);
  const { protocol, hostname, port, pathname } = new URL(address);
  if (protocol === "unix:" || protocol === "npipe:") return { socketPath: address.slice(`${protocol}//`.length) };
  // The host is only a word here: the connection is the agent's.
  if (protocol === "ssh:") return { protocol: "http", host: "engine", port: 80, agent: throughSsh(address) };
  const path = pathname === "" ? {} : { pathPrefix: pathname };
  if (certificates === undefined) return { protocol: protocol === "https:" ? "https" : "http", host: hostname, port, ...path };
  const read = (name: string) => certificate(join(certificates, `${name}.pem`));
  return { protocol: "https", host: hostname, port, ca: read("ca"), cert: read("cert"), key: read("key"), ...path };
}

function certificate(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new RunError(
      `Docker: ${file} cannot be read (${error instanceof Error ? error.message : String(error)}); DOCKER_CERT_PATH, or the context, names a folder with ca.pem, cert.pem and key.pem.\n  Nothing was changed.`,
    );
  }
}

/** Connections as the `docker` command makes them: by the user's `ssh`, with its keys and settings. */
function throughSsh(address: string): Agent {
  const { hostname, port, username } = new URL(address);
  const words = [...(username === "" ? [] : ["-l", username]), ...(port === "" ? [] : ["-p", port])];
  const agent = new Agent();
  agent.createConnection = () => {
    // Asked for a password, it would wait for ever.
    const child = spawn("ssh", ["-o", "BatchMode=yes", ...words, "--", hostname, "docker", "system", "dial-stdio"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Neither side ends before it is known how the program has ended, and what it said of that.
    const answers = child.stdout.pipe(new PassThrough(), { end: false });
    const questions = new PassThrough();
    questions.pipe(child.stdin).on("error", () => {});
    const connection = Duplex.from({ readable: answers, writable: questions });
    const said: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
    child.once("error", (error) => connection.destroy(error));
    child.once("close", (code) =>
      code === 0 ? answers.end() : connection.destroy(new Error(`ssh: ${said.join("").trim() || `exit code ${code}`}`)),
    );
    connection.once("close", () => child.kill());
    return connection;
  };
  return agent;
}
