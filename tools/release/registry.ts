import { createHash } from "node:crypto";

import { registryOf, repositoryOf, speaksPlainHttp } from "../../components/workload/reference.ts";
import { Problem } from "../lib/problem.ts";
import type { Docker, Login } from "./docker-client.ts";
import { refusal } from "./refusal.ts";

/** An image of one platform as a registry has it. */
export interface RemoteImage {
  readonly digest: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Bytes that a node downloads: the compressed layers and the description. */
  readonly size: number;
}

/**
 * What registries hold, by the `docker manifest` command. It makes an index out of images that are pushed already, with
 * every `docker` from 20.10 on, with and without buildx; and it takes the logins, certificates and proxies that `docker
 * push` takes, which a client of our own would have to learn.
 */
export class Registry {
  private readonly docker: Docker;
  private readonly plain: (reference: string) => boolean;

  /** @param insecure hosts that may be spoken to without TLS, besides this machine */
  constructor(docker: Docker, insecure: readonly string[] = []) {
    this.docker = docker;
    this.plain = (reference) => speaksPlainHttp(registryOf(reference)) || insecure.includes(registryOf(reference));
  }

  /** The images behind a reference, one for each platform; undefined when there is none. @throws Problem when the registry does not say. */
  async find(reference: string): Promise<RemoteImage[] | undefined> {
    const { code, out, text } = await this.manifest("inspect", reference, ["--verbose"]);
    if (code !== 0) {
      if (NOT_THERE.test(text)) return undefined;
      throw new Problem(refusal(registryOf(reference), text));
    }
    const found: Inspected | Inspected[] = JSON.parse(out);
    // An index may also hold what is no image, such as the story of a build.
    return (Array.isArray(found) ? found : [found]).flatMap((one) => remoteImage(one) ?? []);
  }

  /** @throws Problem when the registry does not take the user, or does not answer. */
  async login(host: string, login: Login): Promise<void> {
    const { code, text } = await this.docker.login(host, login);
    if (code !== 0) throw new Problem(refusal(host, text));
  }

  /** Pushes what the engine holds under `reference`, and looks at what arrived. */
  async push(reference: string): Promise<RemoteImage> {
    const { code, text } = await this.docker.ask(["push", reference]);
    if (code !== 0) throw new Problem(refusal(registryOf(reference), text));
    const [found, ...more] = (await this.find(reference)) ?? [];
    if (found === undefined)
      throw new Problem(`${registryOf(reference)} took ${reference}, but does not show it; a registry without TLS needs --insecure`);
    if (more.length > 0)
      throw new Problem(`${reference} holds images of several platforms, which no index can; push it by \`docker build\``);
    return found;
  }

  /** Makes one reference of images that are there already, for machines to choose from. Returns its digest. */
  async index(reference: string, digests: readonly string[]): Promise<string> {
    const parts = digests.map((digest) => `${repositoryOf(reference)}@${digest}`);
    const created = await this.manifest("create", reference, [], parts);
    if (created.code !== 0) throw new Problem(refusal(registryOf(reference), created.text));
    const { code, out, text } = await this.manifest("push", reference, ["--purge"]);
    const digest = /^sha256:[0-9a-f]{64}$/m.exec(out)?.[0];
    if (code !== 0 || digest === undefined) throw new Problem(refusal(registryOf(reference), text));
    return digest;
  }

  /** Digest of an index that is there; undefined when it is unknown, since another program created it. */
  async digestOf(reference: string): Promise<string | undefined> {
    const { code, out } = await this.manifest("inspect", reference);
    if (code !== 0) return undefined;
    const digest = `sha256:${createHash("sha256").update(out).digest("hex")}`;
    // What is shown is what was pushed only where the registry knows it by that digest.
    return (await this.find(`${repositoryOf(reference)}@${digest}`)) === undefined ? undefined : digest;
  }

  private manifest(verb: string, reference: string, flags: readonly string[] = [], rest: readonly string[] = []) {
    return this.docker.ask(["manifest", verb, ...(this.plain(reference) ? ["--insecure"] : []), ...flags, reference, ...rest]);
  }
}

/** Not any "not found": a helper that keeps logins may be what is not found. */
const NOT_THERE = /^no such manifest: |\b(manifest|name) unknown\b|repository name not known/im;

/** What `docker manifest inspect --verbose` says of each image. */
interface Inspected {
  readonly Descriptor: { readonly digest: string; readonly platform?: { readonly os: string; readonly architecture: string } };
  readonly SchemaV2Manifest?: Manifest;
  readonly OCIManifest?: Manifest;
}

interface Manifest {
  readonly config: { readonly size: number };
  readonly layers: readonly { readonly size: number }[];
}

function remoteImage({ Descriptor: { digest, platform }, SchemaV2Manifest, OCIManifest }: Inspected): RemoteImage | undefined {
  const manifest = SchemaV2Manifest ?? OCIManifest;
  if (platform === undefined || platform.os === "unknown" || manifest === undefined) return undefined;
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size);
  return { digest, platform: `${platform.os}/${platform.architecture}`, size };
}
