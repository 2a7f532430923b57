import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as overHttp } from "node:http";
import { Agent as HttpsAgent, request as overHttps, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import { RunError } from "@pulumi/pulumi/errors.js";

import { oneLine } from "../workload/adapter/failure.ts";
import { KubeConfig } from "./kubeconfig.ts";

/** Longest time, in milliseconds, for an answer of the API server. */
const ANSWER = 15_000;
/** Most connections for calls whose answers come at once: making one costs either side more than a call. */
const CONNECTIONS = 4;

/** The cluster that a kubeconfig context names. A deployment only reads from it; runs of tasks also write. */
export class Cluster {
  /** For the calls that the client has and this class has not. */
  readonly config = new KubeConfig();
  /** The kubeconfig context. */
  readonly context: string;
  private connections: RequestOptions["agent"];

  /**
   * @param context of `KUBECONFIG` (default `~/.kube/config`); default: its current one
   * @param orCurrent whether the current context serves where there is none of that name
   * @throws RunError when there is no such context.
   */
  constructor(context: string | undefined, { orCurrent = false } = {}) {
    try {
      this.config.loadFromDefault();
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      throw new RunError(noConfig(`cannot be read: ${reason}`));
    }
    // What the client assumes where there is no file.
    if (this.server === ASSUMED) throw new RunError(noConfig("does not exist"));
    const known = this.config.getContexts().map(({ name }) => name);
    if (context !== undefined && known.includes(context)) this.config.setCurrentContext(context);
    else if (context !== undefined && !orCurrent) throw new RunError(noContext(context, known));
    this.context = this.config.getCurrentContext();
  }

  /** Address of the API server, as messages show it. */
  get server(): string {
    return this.config.getCurrentCluster()?.server ?? "no server";
  }

  /**
   * GET a path of the API as JSON.
   *
   * @throws ApiError when the server refuses; another error when it does not answer.
   */
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return JSON.parse(await text(await this.stream("GET", path, { query, headers })));
  }

  /** The same, undefined where the object does not exist or may not be read. */
  async find<T>(
    path: string,
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(path, query, headers);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  /** GET a path as text, e.g. a log. */
  async text(path: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
    return text(await this.stream("GET", path, { query }));
  }

  /** Sends an object, as JSON both ways. */
  async send<T>(method: "POST" | "DELETE", path: string, body: object, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return JSON.parse(await text(await this.stream(method, path, { body, query })));
  }

  /**
   * Calls a path of the API; resolves to the answer, whose body remains to be read. The client's own calls give up on an
   * answer that pauses for five minutes, as the log of a program may.
   *
   * @param silence whether the server may send nothing for longer than any answer takes
   * @throws ApiError when the server refuses; another error when it does not answer.
   */
  async stream(
    method: string,
    path: string,
    { query = {}, body, headers = {}, silence = "refused", signal }: Call = {},
  ): Promise<IncomingMessage> {
    const url = new URL(`${this.server.replace(/\/+$/, "")}${path}`);
    url.search = new URLSearchParams(query).toString();
    const options: RequestOptions = {
      method,
      headers: { ...headers },
      ...(silence === "allowed" ? {} : { timeout: ANSWER }),
      ...(signal && { signal }),
    };
    const json = body === undefined ? "" : JSON.stringify(body);
    // Node.js states no length of a body that a DELETE has, and the server would take it for a second call.
    if (json !== "") options.headers = { "content-type": "application/json", ...headers, "content-length": Buffer.byteLength(json) };
    await this.config.applyToHTTPSOptions(options);
    if (silence === "refused") options.agent = this.keptOpen(options.agent);
    const answer = await answerTo(url, options, json);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw new ApiError(statusCode, messageIn(await text(answer)));
  }

  /** The client's own agent, but with few connections that stay open; a proxy's as it is. */
  private keptOpen(agent: RequestOptions["agent"]): RequestOptions["agent"] {
    if (this.connections !== undefined) return this.connections;
    const Kind = [HttpAgent, HttpsAgent].find((kind) => agent instanceof kind && agent.constructor === kind);
    if (Kind === undefined) return agent;
    this.connections = new Kind({ ...Object(Reflect.get(Object(agent), "options")), keepAlive: true, maxSockets: CONNECTIONS });
    return this.connections;
  }
}

/** Sends a call, a second time where the server had just closed the open connection that was taken for it. */
async function answerTo(url: URL, options: RequestOptions, body: string): Promise<IncomingMessage> {
  const request = url.protocol === "http:" ? overHttp : overHttps;
  let call: ClientRequest | undefined;
  const send = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(url, options, resolve);
      call = sent;
      sent.once("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER / 1000} s`)));
      sent.once("error", reject);
      sent.end(body);
    });
  return send().catch((error: unknown) => {
    if (options.method !== "GET" || call?.reusedSocket !== true || Reflect.get(Object(error), "code") !== "ECONNRESET") throw error;
    return send();
  });
}

/** What a call says besides its path. */
interface Call {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly silence?: "allowed" | "refused";
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

/** The client's own default, at which no API server answers. */
const ASSUMED = "http://localhost:8080";

function noConfig(what: string): string {
  return [
    `Kubernetes: the kubeconfig (${process.env["KUBECONFIG"] ?? "~/.kube/config"}) ${what}.`,
    "  Log in to a cluster, which writes it, or set KUBECONFIG to the file that has the context.",
    "  Without a cluster, `npm run render -- -s <stack>` writes what would be applied.",
    "  Nothing was changed.",
  ].join("\n");
}

function noContext(context: string, known: readonly string[]): string {
  const names = known.length === 0 ? "none" : known.map((name) => `"${name}"`).join(", ");
  return [
    `Kubernetes: the kubeconfig has no context "${context}"; known are ${names}.`,
    "  Correct platform.context, or set KUBECONFIG to the file that has it.",
    "  Nothing was changed.",
  ].join("\n");
}

/** A refusal of the API server. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a call of the API server failed with, in one line. */
export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

/** The message of the server's `Status` object, else the beginning of its answer. */
function messageIn(body: string): string {
  try {
    const { message }: { message?: string } = JSON.parse(body);
    return message ?? body;
  } catch {
    return body.slice(0, 200);
  }
}
