import { createServer, type Server } from "node:http";

import { addressOf, close, listen } from "./loopback.ts";

/** A version as the fake registry keeps it. */
interface Version {
  readonly version: string;
  readonly status?: string;
  readonly tags?: readonly { key: string; value: string }[];
}

/** Answers the three reads of MLflow's registry in the form in which MLflow 3 gives them. */
export class FakeRegistry {
  /** Versions by model. */
  versions: Record<string, Version[]> = {};
  /** Version by model and alias. */
  aliases: Record<string, Record<string, string>> = {};
  /** Where set, only this user and password are let in. */
  login: string | undefined;
  /** Where set, what it answers to everything, as another program would. */
  answers: string | undefined;
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, answer) => {
      const url = new URL(request.url ?? "/", "http://registry");
      const path = url.pathname.replace("/api/2.0/mlflow/", "");
      this.asked.push(path);
      if (this.answers !== undefined) {
        answer.end(this.answers);
        return;
      }
      const [status, body] = this.allowed(request.headers.authorization) ? this.answer(path, url.searchParams) : [401, "not authenticated"];
      answer.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  }

  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    await listen(registry.server);
    return registry;
  }

  get url(): string {
    return `http://${addressOf(this.server)}`;
  }

  stop(): Promise<void> {
    return close(this.server);
  }

  private allowed(authorization: string | undefined): boolean {
    return this.login === undefined || authorization === `Basic ${Buffer.from(this.login).toString("base64")}`;
  }

  private answer(path: string, query: URLSearchParams): [number, unknown] {
    const name = query.get("name") ?? "";
    const versions = this.versions[name];
    const nowhere = (what: string): [number, unknown] => [404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: `${what} not found` }];
    if (versions === undefined) return nowhere(`Registered Model with name=${name}`);
    const one = (number: string | null | undefined) => versions.find(({ version }) => version === number);
    switch (path) {
      case "registered-models/alias": {
        const found = one(this.aliases[name]?.[query.get("alias") ?? ""]);
        if (found === undefined) return [400, { error_code: "INVALID_PARAMETER_VALUE", message: "Registered model alias not found." }];
        return [200, { model_version: { name, status: "READY", ...found } }];
      }
      case "registered-models/get": {
        const aliases = Object.entries(this.aliases[name] ?? {}).map(([alias, version]) => ({ alias, version }));
        return [
          200,
          {
            registered_model: {
              name,
              ...(versions.length === 0 ? {} : { latest_versions: versions.slice(-1) }),
              ...(aliases.length === 0 ? {} : { aliases }),
            },
          },
        ];
      }
      case "model-versions/get": {
        const found = one(query.get("version"));
        return found === undefined ? nowhere("Model Version") : [200, { model_version: { name, status: "READY", ...found } }];
      }
      default:
        return [500, "unknown path"];
    }
  }
}
