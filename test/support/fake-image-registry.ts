import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { addressOf, close, listen } from "./loopback.ts";

/** A registry of images that holds none but those listed, and speaks as far as it is asked before a push. */
export class FakeImageRegistry {
  /** `repository:tag` and `repository@digest` that are there. */
  images: string[] = [];
  /** `user:password` that is let in; undefined: everybody. */
  login: string | undefined;
  /** How it wants the login. */
  challenge: "basic" | "bearer" = "basic";
  /** Status of the beginning of an upload. */
  push = 202;
  /** Status of everything, where it is another program or broken. */
  broken: number | undefined;
  /** Method and path of each call. */
  asked: string[] = [];
  private readonly server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<this> {
    await listen(this.server);
    return this;
  }

  /** `host:port`. */
  get host(): string {
    return addressOf(this.server);
  }

  reset(): void {
    Object.assign(this, { images: [], login: undefined, challenge: "basic", push: 202, broken: undefined, asked: [] });
  }

  async stop(): Promise<void> {
    await close(this.server);
  }

  private answer({ method = "", url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, "http://registry");
    this.asked.push(`${method} ${pathname}`);
    const end = (status: number, more: Record<string, string> = {}) => response.writeHead(status, more).end();
    if (this.broken !== undefined) return void end(this.broken);
    const basic = this.login && `Basic ${Buffer.from(this.login).toString("base64")}`;
    if (pathname === "/token") {
      if (headers.authorization !== basic) return void end(401);
      return void response.end(JSON.stringify({ token: `for ${searchParams.get("scope") ?? "nothing"}` }));
    }
    const realm = `Bearer realm="http://${this.host}/token",service="images"`;
    const isIn = this.challenge === "basic" ? headers.authorization === basic : headers.authorization?.startsWith("Bearer for ");
    if (this.login !== undefined && isIn !== true)
      return void end(401, { "www-authenticate": this.challenge === "basic" ? "Basic" : realm });
    const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname);
    if (manifest !== null) {
      const [, repository, version = ""] = manifest;
      return void end(this.images.includes(`${repository}${version.includes(":") ? "@" : ":"}${version}`) ? 200 : 404);
    }
    if (method === "POST" && this.push === 202) return void end(202, { location: `${pathname}upload-1` });
    end(method === "POST" ? this.push : method === "DELETE" ? 204 : 200);
  }
}
