import * as pulumi from "@pulumi/pulumi";

import { registryUrlOf, speaksPlainHttp } from "../workload/reference.ts";

/** Longest time, in milliseconds, for an answer. */
const ANSWER = 5_000;

/** Kinds of descriptions of an image; without them a registry may know an image in its own way only. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Who calls a registry. */
export interface Login {
  readonly username: string;
  readonly password: pulumi.Input<string>;
}

/** The registry does not answer, or not in a way that says anything: `certain` where nobody on this machine could reach it. */
export class NoAnswer extends Error {
  readonly certain: boolean;

  constructor(message: string, certain: boolean) {
    super(message);
    this.certain = certain;
  }
}

/** An image registry, asked by the machine that deploys. It is only read; an upload that is begun is given up at once. */
export class RegistryClient {
  readonly host: string;
  private readonly login: Login | undefined;

  constructor(host: string, login: Login | undefined) {
    this.host = host;
    this.login = login;
  }

  /** Status of its front page: 200, or 401 where it does not let the user in. @throws NoAnswer */
  async enter(): Promise<number> {
    return (await this.call("GET", "/v2/", "")).status;
  }

  /** Status of the beginning of an upload: 202 where the user may push. @throws NoAnswer */
  async beginPush(repository: string): Promise<number> {
    const scope = `repository:${repository}:pull,push`;
    const begun = await this.call("POST", `/v2/${repository}/blobs/uploads/`, scope);
    const upload = begun.headers.get("location");
    if (begun.status === 202 && upload !== null) await this.call("DELETE", upload, scope).catch(() => {});
    return begun.status;
  }

  /** Status of a tag or digest: 404 where there is none. @throws NoAnswer */
  async find(repository: string, version: string): Promise<number> {
    return (await this.call("HEAD", `/v2/${repository}/manifests/${version}`, `repository:${repository}:pull`)).status;
  }

  private async call(method: string, path: string, scope: string): Promise<Response> {
    const url = new URL(path, registryUrlOf(this.host));
    const first = await this.send(method, url, undefined);
    if (first.status !== 401) return first;
    const authorization = await this.authorize(first.headers.get("www-authenticate") ?? "", scope);
    return authorization === undefined ? first : this.send(method, url, authorization);
  }

  /** What the challenge asks for: the login itself, or a token that another server gives for it. */
  private async authorize(challenge: string, scope: string): Promise<string | undefined> {
    const basic = this.login && `Basic ${Buffer.from(`${this.login.username}:${await plain(this.login.password)}`).toString("base64")}`;
    if (!/^bearer /i.test(challenge)) return basic;
    const { realm, service } = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    if (realm === undefined) return undefined;
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    if (scope !== "") url.searchParams.set("scope", scope);
    const answer = await this.send("GET", url, basic);
    if (!answer.ok) return undefined;
    const given = (await answer.json().catch(() => ({}))) as { token?: string; access_token?: string };
    const token = given.token ?? given.access_token;
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  private async send(method: string, url: URL, authorization: string | undefined): Promise<Response> {
    const headers = { accept: method === "HEAD" ? MANIFESTS : "*/*", ...(authorization === undefined ? {} : { authorization }) };
    const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(ANSWER) }).catch((error: Error) => {
      throw this.noAnswer(url, error);
    });
    if (answer.status === 429 || answer.status >= 500) throw new NoAnswer(`${url.host} answered ${answer.status}`, false);
    return answer;
  }

  /** The engine that pushes may trust other certificates, use a proxy, or be on another machine: then it may reach what this program cannot. */
  private noAnswer(url: URL, error: Error): NoAnswer {
    const cause = error.cause instanceof Error ? error.cause : error;
    const why = error.name === "TimeoutError" ? `no answer within ${ANSWER / 1000} s` : cause.message || String(Reflect.get(cause, "code"));
    const code = String(Reflect.get(cause, "code") ?? "");
    const ofTls = /CERT|SSL|TLS|SIGNED|EPROTO/.test(code) || /certificate|packet length|wrong version/i.test(why);
    const elsewhere = /^(tcp|ssh|https?):/.test(process.env["DOCKER_HOST"] ?? "");
    return new NoAnswer(`${url.host}: ${why}`, !(ofTls || elsewhere || this.isBehindProxy()));
  }

  private isBehindProxy(): boolean {
    if (speaksPlainHttp(this.host) || process.env["NODE_USE_ENV_PROXY"] === "1") return false;
    return ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].some((name) => (process.env[name] ?? "") !== "");
  }
}

function plain(input: pulumi.Input<string>): Promise<string> {
  return new Promise((resolve) => pulumi.output(input).apply(resolve));
}
