import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import type { Pace } from "../../tools/github/client.ts";
import { addressOf, close, listen } from "./loopback.ts";

/** Calls that write follow each other without a wait, which on loopback protects nobody. */
export const AT_ONCE = (() => {
  const schedule = async (_options: object, work: (...args: unknown[]) => unknown, ...args: unknown[]) => work(...args);
  const queue = { key: () => ({ schedule }) };
  return { write: queue, notifications: queue } as unknown as NonNullable<Pace["queues"]>;
})();

/** A comment as GitHub keeps it. */
export interface FakeComment {
  id: number;
  body: string;
  user: { login: string };
  html_url: string;
}

/** A pull request as far as it is asked for. */
export interface FakePull {
  readonly number: number;
  readonly head: { readonly sha: string; readonly ref: string; readonly repo: { readonly full_name: string } };
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the calls of one repository on loopback, in pages of 30 at most where a hundred are asked for, as GitHub's API does. */
export class FakeGitHub {
  comments: FakeComment[] = [];
  pulls: FakePull[] = [];
  labels: string[] = [];
  known: string[] = [];
  /** Who writes with the token. */
  login = "github-actions[bot]";
  /** Largest page. */
  page = 100;
  /** Longest body that it takes. */
  longest = 65_536;
  /** Method and path of each call. */
  readonly asked: string[] = [];
  /** Answers in the place of its own, for calls that match, one each. */
  readonly instead: { readonly call: RegExp; readonly answer: Answer; readonly alsoDoes?: boolean }[] = [];
  /** Done once, before a call that matches is answered. */
  readonly before: { readonly call: RegExp; readonly work: () => void }[] = [];
  private next = 1000;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, answer) => void this.handle(request, answer));
  }

  static async start(): Promise<FakeGitHub> {
    const fake = new FakeGitHub();
    await listen(fake.server);
    return fake;
  }

  get url(): string {
    return `http://${addressOf(this.server)}`;
  }

  stop(): Promise<void> {
    return close(this.server);
  }

  /** Adds a comment as if a user had written it. */
  write(body: string, login = this.login): FakeComment {
    this.next += 1;
    const comment = { id: this.next, body, user: { login }, html_url: `https://github.com/acme/shop/pull/7#issuecomment-${this.next}` };
    this.comments.push(comment);
    return comment;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const call = `${request.method} ${decodeURIComponent(url.pathname)}`;
    this.asked.push(call);
    const body = JSON.parse((await text(request)) || "{}");
    const [early] = this.before.filter(({ call: wanted }) => wanted.test(call));
    if (early !== undefined) {
      this.before.splice(this.before.indexOf(early), 1);
      early.work();
    }
    const [other] = this.instead.filter(({ call: wanted }) => wanted.test(call));
    if (other !== undefined) this.instead.splice(this.instead.indexOf(other), 1);
    const own = other === undefined || other.alsoDoes === true ? this.answer(call, url.searchParams, body) : undefined;
    const { status, body: data = {}, headers = {} } = other?.answer ?? own ?? { status: 404, body: { message: "Not Found" } };
    const link = own?.headers ?? {};
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...link, ...headers });
    response.end(status === 204 ? undefined : JSON.stringify(data));
  }

  private answer(call: string, query: URLSearchParams, body: Record<string, unknown>): Answer | undefined {
    const [, id] = /comments\/(\d+)$/.exec(call) ?? [];
    const comment = this.comments.find((one) => one.id === Number(id));
    const repository = "/repos/acme/shop";
    if (call === "GET /user") return { status: 200, body: { login: this.login } };
    if (call === `GET ${repository}/issues/7/comments`) return this.paged(this.comments, query, `${repository}/issues/7/comments`);
    if (call === `GET ${repository}/issues/7/labels`)
      return this.paged(
        this.labels.map((name) => ({ name })),
        query,
        `${repository}/issues/7/labels`,
      );
    if (call === `GET ${repository}/pulls`) {
      const [owner, ref] = (query.get("head") ?? "").split(":");
      const found = this.pulls.filter(({ head }) => head.ref === ref && head.repo.full_name.startsWith(`${owner}/`));
      return this.paged(found, query, `${repository}/pulls`);
    }
    const pull = this.pulls.find(({ number }) => call === `GET ${repository}/pulls/${number}`);
    if (pull !== undefined) return { status: 200, body: pull };
    if (call === `POST ${repository}/issues/7/comments`)
      return this.taken(body, () => ({ status: 201, body: this.write(String(body["body"])) }));
    if (comment !== undefined && call.startsWith("PATCH ")) {
      return this.taken(body, () => {
        comment.body = String(body["body"]);
        return { status: 200, body: comment };
      });
    }
    if (comment !== undefined && call.startsWith("DELETE ")) {
      this.comments = this.comments.filter((one) => one !== comment);
      return { status: 204 };
    }
    if (call === `POST ${repository}/labels`) {
      const name = String(body["name"]);
      if (this.known.includes(name)) return { status: 422, body: { message: "Validation Failed", errors: [{ code: "already_exists" }] } };
      this.known.push(name);
      return { status: 201, body: { name } };
    }
    if (call === `POST ${repository}/issues/7/labels`) {
      this.labels.push(...(body["labels"] as string[]));
      return { status: 200, body: this.labels.map((name) => ({ name })) };
    }
    const [, label] = /^DELETE \/repos\/acme\/shop\/issues\/7\/labels\/(.+)$/.exec(call) ?? [];
    if (label === undefined || !this.labels.includes(label)) return undefined;
    this.labels = this.labels.filter((one) => one !== label);
    return { status: 200, body: [] };
  }

  /** As GitHub counts: characters of JavaScript. */
  private taken(body: Record<string, unknown>, work: () => Answer): Answer {
    if (String(body["body"]).length <= this.longest) return work();
    return { status: 422, body: { message: `Body is too long (maximum is ${this.longest} characters)` } };
  }

  private paged(all: readonly unknown[], query: URLSearchParams, path: string): Answer {
    const size = Math.min(this.page, Number(query.get("per_page") ?? 30));
    const page = Number(query.get("page") ?? 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    query.set("page", String(page + 1));
    const headers: Record<string, string> = page < last ? { link: `<${this.url}${path}?${query}>; rel="next"` } : {};
    return { status: 200, body: all.slice((page - 1) * size, page * size), headers };
  }
}
