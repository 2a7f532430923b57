import { type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { RunError } from "@pulumi/pulumi/errors.js";

/** Longest time, in milliseconds, for an answer of the API server. */
const ANSWER = 15_000;

/** The cluster that a kubeconfig context names. A deployment only reads from it; runs of tasks also write. */
export class Cluster {
  /** For the calls that the client has and this class has not. */
  readonly config = new KubeConfig();
  /** The kubeconfig context. */
  readonly context: string;

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
  async stream(method: string, path: string, { query = {}, body, headers = {}, silence = "refused" }: Call = {}): Promise<IncomingMessage> {
    const url = new URL(`${this.server.replace(/\/+$/, "")}${path}`);
    url.search = new URLSearchParams(query).toString();
    const options: RequestOptions = { method, headers: { ...headers }, ...(silence === "allowed" ? {} : { timeout: ANSWER }) };
    const json = body === undefined ? "" : JSON.stringify(body);
    // Node.js states no length of a body that a DELETE has, and the server would take it for a second call.
    if (json !== "") options.headers = { "content-type": "application/json", ...headers, "content-length": Buffer.byteLength(json) };
    await this.config.applyToHTTPSOptions(options);
    const request = url.protocol === "http:" ? overHttp : overHttps;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request(url, options, resolve);
      call.once("timeout", () => call.destroy(new Error(`no answer within ${ANSWER / 1000} s`)));
      call.once("error", reject);
      call.end(json);
    });
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw new ApiError(statusCode, messageIn(await text(answer)));
  }
}

/** What a call says besides its path. */
interface Call {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly silence?: "allowed" | "refused";
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

/** The message of the server's `Status` object, else the beginning of its answer. */
function messageIn(body: string): string {
  try {
    const { message }: { message?: string } = JSON.parse(body);
    return message ?? body;
  } catch {
    return body.slice(0, 200);
  }
}
