import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addressOf, close, listen } from "./loopback.ts";

/** The namespace whose uid identifies a cluster. */
const SYSTEM = "/api/v1/namespaces/kube-system";

function codeOf(answer: unknown): number {
  return typeof answer === "object" && answer !== null && "code" in answer ? Number(answer.code) : 200;
}

/** An API server that gives the answers of a test, and a kubeconfig that leads to it. */
export class FakeApi {
  /** By path; a number is a refusal with that status, as a Status with a code is. Lists of the namespace `shop` are empty by default. */
  answers: Record<string, unknown> = {};
  /** The calls it received, and the token of each. */
  asked: { url: string; token: string | undefined }[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "mlstack-api-"));
  private readonly server = createServer(({ url = "", headers }, response) => {
    this.asked.push({ url, token: headers.authorization });
    const path = url.split("?")[0] ?? "";
    const answer = this.answers[path] ?? (/\/namespaces\/shop[^/]*\//.test(path) ? { items: [] } : 404);
    response.setHeader("content-type", "application/json");
    response.statusCode = typeof answer === "number" ? answer : codeOf(answer);
    response.end(JSON.stringify(typeof answer === "number" ? { kind: "Status", message: `refused with ${answer}` } : answer));
  });

  async start(): Promise<this> {
    await listen(this.server);
    return this;
  }

  /** Starts again with a server of version 1.34; returns the file that `KUBECONFIG` must name. */
  reset(): string {
    this.answers = { "/version": { minor: "34" }, [SYSTEM]: { metadata: { name: "kube-system", uid: "u-0" } } };
    this.asked = [];
    return this.kubeconfig(this.url);
  }

  get url(): string {
    return `http://${addressOf(this.server)}`;
  }

  /** A kubeconfig with two contexts, `dev` the current one; both lead to the same server. */
  kubeconfig(server: string): string {
    const config = {
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: ["dev", "prod"].map((name) => ({ name, user: { token: `token-of-${name}` } })),
      contexts: ["dev", "prod"].map((name) => ({ name, context: { cluster: "c", user: name } })),
      "current-context": "dev",
    };
    writeFileSync(join(this.folder, "config"), JSON.stringify(config));
    return join(this.folder, "config");
  }

  async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true });
    await close(this.server);
  }
}
