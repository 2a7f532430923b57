import { type Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import Modem from "docker-modem";

import { oneLine } from "../workload/adapter/failure.ts";
import { clientOptions } from "./client-options.ts";

/** The engine's HTTP API. Answers are trusted to have the form that its documentation gives them. */
export class EngineApi {
  private readonly modem = new Modem(clientOptions());

  /** The answer to a GET; undefined where there is no such object. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.request<T>("GET", path, { query });
  }

  request<T>(method: string, path: string, { query = {}, body, isStream = false }: RequestOptions = {}): Promise<T> {
    // The client takes a query and a body as options, and a query only behind a path that ends in a question mark.
    const options = body === undefined ? query : { _query: query, _body: body };
    const call = { method, path: Object.keys(query).length === 0 ? path : `${path}?`, options, statusCodes: STATUS, isStream };
    return new Promise((resolve, reject) => {
      this.modem.dial(call, (error: unknown, data: unknown) =>
        error === null || error === undefined ? resolve(data as T) : reject(error),
      );
    });
  }

  /** The bytes that answer a GET. */
  async bytes(path: string, query: Query): Promise<Buffer> {
    return buffer(await this.request<Readable>("GET", path, { query, isStream: true }));
  }

  /** Ends or removes something; that it is gone, or going, is no error. */
  async end(path: string, method: "POST" | "DELETE" = "POST"): Promise<void> {
    const options = method === "POST" ? { body: {} } : {};
    await this.request(method, path, options).catch((error: unknown) => {
      if (![304, 404, 409].includes(statusOf(error) ?? 0)) throw error;
    });
  }

  /**
   * Everything that a request's stream has for both outputs of a container.
   *
   * @param limit milliseconds after which the rest is not waited for · @throws Error then
   */
  async printed(method: string, path: string, options: RequestOptions, limit?: number): Promise<string> {
    const stream = await this.request<Readable>(method, path, { ...options, isStream: true });
    const parts: Buffer[] = [];
    const both = new Writable({ write: (part: Buffer, _encoding, done) => done(void parts.push(part)) });
    this.modem.demuxStream(stream, both, both);
    try {
      await finished(stream, { writable: false, ...(limit === undefined ? {} : { signal: AbortSignal.timeout(limit) }) });
    } finally {
      stream.destroy();
    }
    return Buffer.concat(parts).toString("utf8");
  }
}

type Query = Readonly<Record<string, string | number | boolean>>;

interface RequestOptions {
  readonly query?: Query;
  readonly body?: object;
  /** Whether the answer is a stream. */
  readonly isStream?: boolean;
}

const GOOD = { 200: true, 201: true, 204: true };
const STATUS = { ...GOOD, 401: "unauthorized", 403: "forbidden", 404: "no such object", 409: "conflict", 500: "engine error" };

/** The HTTP status that the engine refused a request with. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : undefined;
}

/** The engine's message, in one line. */
export function messageOf(error: unknown): string {
  const body = typeof error === "object" && error !== null && "json" in error ? error.json : undefined;
  const message = typeof body === "object" && body !== null && "message" in body ? String(body.message) : undefined;
  return oneLine(message ?? (error instanceof Error ? error.message : String(error)));
}
