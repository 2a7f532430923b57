import { request as overHttp } from "node:http";
import { request as overHttps, type RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import * as pulumi from "@pulumi/pulumi";

/** Longest time, in milliseconds, for an answer of the API server. */
const ANSWER = 15_000;

/** The cluster that a kubeconfig context names; reads from it, and writes nothing. */
export class Cluster {
  private readonly config = new KubeConfig();
  /** The kubeconfig context. */
  readonly context: string;

  /**
   * @param context of `KUBECONFIG` (default `~/.kube/config`); default: its current one
   * @throws pulumi.RunError when there is no such context.
   */
  constructor(context: string | undefined) {
    try {
      this.config.loadFromDefault();
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      throw new pulumi.RunError(noConfig(`cannot be read: ${reason}`));
    }
    // What the client makes up where there is no file.
    if (this.server === NOBODY) throw new pulumi.RunError(noConfig("is not there"));
    const names = this.config.getContexts().map(({ name }) => name);
    if (context !== undefined && !names.includes(context)) {
      const known = names.length === 0 ? "none" : names.map((name) => `"${name}"`).join(", ");
      throw new pulumi.RunError(
        `Kubernetes: the kubeconfig has no context "${context}"; known are ${known}.\n  Correct platform.context, or set KUBECONFIG to the file that has it.\n  Nothing was changed.`,
      );
    }
    if (context !== undefined) this.config.setCurrentContext(context);
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
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return JSON.parse(await this.text(path, query)) as T;
  }

  /** The same, undefined where the object is not there or may not be read. */
  async find<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(path, query);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  /** GET a path as text, e.g. a log. */
  async text(path: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
    const url = new URL(`${this.server.replace(/\/+$/, "")}${path}`);
    url.search = new URLSearchParams(query).toString();
    const options: RequestOptions = { method: "GET", timeout: ANSWER };
    await this.config.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const request = url.protocol === "http:" ? overHttp : overHttps;
      const call = request(url, options, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.once("error", reject);
        answer.once("end", () => {
          const body = Buffer.concat(parts).toString("utf8");
          const status = answer.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(body);
          else reject(new ApiError(status, messageIn(body)));
        });
      });
      call.once("timeout", () => call.destroy(new Error(`no answer within ${ANSWER / 1000} s`)));
      call.once("error", reject);
      call.end();
    });
  }
}

/** The client's own default, behind which nobody deploys. */
const NOBODY = "http://localhost:8080";

function noConfig(what: string): string {
  return [
    `Kubernetes: the kubeconfig (${process.env["KUBECONFIG"] ?? "~/.kube/config"}) ${what}.`,
    "  Log in to a cluster, which writes it, or set KUBECONFIG to the file that has the context.",
    "  Without a cluster, `npm run render -- -s <stack>` writes what would be applied.",
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

/** The message of the server's `Status` object, else what it said. */
function messageIn(body: string): string {
  try {
    const { message }: { message?: string } = JSON.parse(body);
    return message ?? body;
  } catch {
    return body.slice(0, 200);
  }
}
