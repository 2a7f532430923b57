import * as pulumi from "@pulumi/pulumi";

import type { Mistake } from "../workload/adapter/index.ts";
import { registryHostOf, registryOf, repositoryOf } from "../workload/reference.ts";
import type { Cluster } from "./cluster.ts";
import { type Login, NoAnswer, RegistryClient } from "./registry-client.ts";
import type { CompleteSettings } from "./settings.ts";

type Registry = NonNullable<CompleteSettings["registry"]>;

const PASSWORD = "npm run pulumi -- config set --secret --path 'mlstack:platform.registry.password'";
const TRIAL = "`npm run registry` starts one on this machine for a trial";

/** What the registry of built images, and those of given ones, say before anything is made. */
export class RegistryChecks {
  private readonly cluster: Cluster;
  private readonly registry: Registry | undefined;
  private entered: Promise<Mistake | undefined> | undefined;
  private readonly found = new Set<string>();
  /** Whether it was said that the registry of built images says nothing. */
  private silent = false;

  constructor(cluster: Cluster, registry: Registry | undefined) {
    this.cluster = cluster;
    this.registry = registry;
  }

  /** Why an image of this name cannot be pushed. What is wrong with the registry itself is said once. */
  async push(image: string): Promise<Mistake | undefined> {
    const { registry } = this;
    if (registry === undefined) return undefined;
    const [host, ...path] = registry.address.split("/");
    const client = new RegistryClient(host ?? "", loginOf(registry));
    const isFirst = this.entered === undefined;
    this.entered ??= this.unlessSilent(() => entryRefusal(client, registry));
    const wrong = await this.entered;
    if (wrong !== undefined) return isFirst ? wrong : undefined;
    return this.silent ? undefined : this.unlessSilent(() => pushRefusal(client, registry, [...path, image].join("/")));
  }

  /** Why no node could pull a given image; nothing where its registry cannot be asked, or a node has it. */
  async image(path: string, reference: string): Promise<Mistake | undefined> {
    if (this.found.has(reference)) return undefined;
    this.found.add(reference);
    const host = registryOf(reference);
    const login = this.registry !== undefined && registryHostOf(this.registry.address) === host ? loginOf(this.registry) : undefined;
    const { repository, version } = partsOf(reference);
    const client = new RegistryClient(host === "docker.io" ? "registry-1.docker.io" : host, login);
    const status = await client.find(repository, version).catch(() => undefined);
    if (status !== 404 || (await this.isOnNode(reference))) return undefined;
    return {
      path,
      message: `"${reference}" is not there: ${host} answers 404, and no node has it; correct the ${version.includes(":") ? "digest" : "tag"}, or push the image`,
    };
  }

  /** What a check finds; what it cannot find out is no obstacle, and said once. */
  private async unlessSilent(check: () => Promise<Mistake | undefined>): Promise<Mistake | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const before = "platform.registry: whether images can be pushed is not known before they are";
      if (!this.silent) void pulumi.log.warn(`${before} (${error.message})`);
      this.silent = true;
      return undefined;
    }
  }

  private async isOnNode(reference: string): Promise<boolean> {
    interface Nodes {
      readonly items: readonly { status: { images?: readonly { names?: readonly string[] }[] } }[];
    }
    const nodes = await this.cluster.find<Nodes>("/api/v1/nodes", { limit: "50" }).catch(() => undefined);
    const names = nodes?.items.flatMap(({ status }) => (status.images ?? []).flatMap((image) => image.names ?? [])) ?? [];
    const { repository } = partsOf(reference);
    const whole =
      registryOf(reference) === "docker.io" ? `docker.io/${repository}${reference.slice(repositoryOf(reference).length)}` : reference;
    return names.includes(reference) || names.includes(whole);
  }
}

async function entryRefusal(client: RegistryClient, { address, username }: Registry): Promise<Mistake | undefined> {
  const { host } = client;
  try {
    const status = await client.enter();
    if (status === 404)
      return { path: "platform.registry.address", message: `${host} is no image registry: it does not know /v2/; correct "${address}"` };
    if (status !== 401 && status !== 403) return undefined;
  } catch (error) {
    if (!(error instanceof NoAnswer && error.certain)) throw error;
    return {
      path: "platform.registry.address",
      message: `no image registry answers at "${address}" (${error.message}); start it, or correct the address (${TRIAL})`,
    };
  }
  if (username === undefined) {
    return {
      path: "platform.registry.username",
      message: `is required: ${host} wants a login; set it, and its password by \`${PASSWORD}\``,
    };
  }
  return {
    path: "platform.registry.password",
    message: `${host} does not accept user "${username}" with this password; set the right one by \`${PASSWORD}\`, or correct platform.registry.username`,
  };
}

async function pushRefusal(client: RegistryClient, { username }: Registry, repository: string): Promise<Mistake | undefined> {
  const status = await client.beginPush(repository);
  const path = "platform.registry";
  const who = username === undefined ? "everybody" : `user "${username}"`;
  switch (status) {
    case 401:
    case 403:
    case 405:
      return {
        path,
        message: `${client.host} does not let ${who} push "${repository}" (${status}); give the right to push there, or change platform.registry.address`,
      };
    case 404:
      return {
        path,
        message: `${client.host} has no repository "${repository}" and makes none by itself; create it, or change platform.registry.address`,
      };
    default:
      return undefined;
  }
}

function loginOf({ username, password }: Registry): Login | undefined {
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Repository below the registry's host, and digest or tag. */
function partsOf(reference: string): { repository: string; version: string } {
  const name = repositoryOf(reference);
  const host = registryOf(reference);
  const below = name.startsWith(`${host}/`) ? name.slice(host.length + 1) : name;
  const repository = host === "docker.io" && !below.includes("/") ? `library/${below}` : below;
  const version = /@(.+)$/.exec(reference)?.[1] ?? /:([^/:@]+)$/.exec(reference)?.[1] ?? "latest";
  return { repository, version };
}
