import { parse, stringify } from "yaml";

import { Kube } from "./kube.ts";
import { TestStack, until } from "./stack.ts";

/** Settings of a stack file, without the `mlstack:` before each key. */
export type Settings = Readonly<Record<string, unknown>>;

/** One of the systems of `examples`, on a real engine. */
export interface Example {
  readonly stack: TestStack;
  /** Words for the target's settings that differ from those of the example's file. */
  readonly target: "Docker" | "Kubernetes";
  /**
   * Writes the settings that the example ships with these changes: maps merge by key, `null` takes a key away. Changes of
   * another call are forgotten. Secrets are encrypted, by their place (`tracking.admin.password`).
   */
  configure(changes?: Settings, secrets?: Readonly<Record<string, string>>): Promise<void>;
  /** Where a part answers from outside. */
  url(part: string): Promise<string>;
  /** What the containers of a service print, one text for each. */
  logs(service: string): Promise<string[]>;
  /** Runs a program in the first replica of a service. */
  exec(service: string, command: string[]): Promise<string>;
  /** Ends what runs of a service of one replica, as an operator would; gives back what starts it again. */
  halt(service: string): Promise<() => Promise<void>>;
  /** Ids of the replicas of a service; another id is another container. */
  ids(service: string): Promise<string[]>;
  /** What of the stack is left on the engine, by name. */
  leftovers(): Promise<string[]>;
  remove(): Promise<void>;
}

/**
 * `examples/NAME` with the settings of one of its Docker stacks on this machine's engine. Its names and its stack are not
 * those of the example, which a user of this machine may be running.
 *
 * @param prefix of all its names on the engine
 */
export async function dockerExample(
  name: string,
  variant = "docker",
  prefix = variant === "docker" ? `it-${name}` : `it-${name}-${variant}`,
): Promise<Example> {
  const stack = await TestStack.create(`it-${variant}`, { folder: `examples/${name}`, project: name, prefix, from: variant });
  const names = async (service: string) => Object.keys(await stack.ids()).filter((id) => new RegExp(`^${service}-\\d+$`).test(id));
  const first = async (service: string) => (await names(service))[0] ?? `no-${service}`;
  return {
    stack,
    target: "Docker",
    configure: configuring(stack, { platform: { prefix } }),
    url: urlOf(stack),
    logs: async (service) => Promise.all((await names(service)).map((id) => stack.logs(id))),
    exec: async (service, command) => stack.exec(await first(service), command),
    halt: async (service) => {
      const container = stack.container(await first(service));
      await container.stop();
      return () => container.start();
    },
    ids: async (service) => {
      const all = await stack.ids();
      return (await names(service)).map((id) => all[id] ?? "");
    },
    leftovers: () => stack.leftovers(),
    remove: () => stack.remove(),
  };
}

/** `examples/NAME` with its Kubernetes stack on the cluster of `npm run test:kubernetes`. */
export async function kubernetesExample(name: string, namespace = `it-${name}`): Promise<Example> {
  const kube = new Kube();
  const where = { folder: `examples/${name}`, project: name, prefix: `${namespace}-k8s`, from: "kubernetes" };
  const stack = await TestStack.create("it-kubernetes", where);
  const platform = { registry: { address: `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack` }, namespace: { name: namespace } };
  const pods = async (service: string) =>
    (await kube.pods(namespace, service)).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return {
    stack,
    target: "Kubernetes",
    configure: configuring(stack, { platform }),
    url: urlOf(stack),
    logs: async (service) => Promise.all((await pods(service)).map(({ metadata }) => kube.logs(namespace, metadata?.name ?? ""))),
    exec: async (service, command) => kube.exec(namespace, (await pods(service))[0]?.metadata?.name ?? "", command),
    halt: async (service) => {
      await kube.scaleSet(namespace, service, 0);
      await until(`${service} is gone`, async () => (await kube.pods(namespace, service)).length === 0);
      return () => kube.scaleSet(namespace, service, 1);
    },
    ids: async (service) => (await pods(service)).map(({ metadata }) => metadata?.uid ?? ""),
    leftovers: () => kube.objects(`mlstack.dev/stack=${name}.it-kubernetes`),
    async remove() {
      await stack.remove();
      await kube.removeNamespace(namespace);
      await kube.recycleVolumes();
    },
  };
}

/** Address of the test cluster's only node, by which published ports answer. */
export const NODE = "10.244.0.1";

/** The stack file as it is shipped, with what the test engine needs (`own`) and with a test's changes. */
function configuring(stack: TestStack, own: Settings): Example["configure"] {
  let shipped: Settings | undefined;
  return async (changes = {}, secrets = {}) => {
    stack.edit(stack.file, (text) => {
      const { config, ...rest }: { config: Settings } = parse(text);
      shipped ??= config;
      return stringify({ ...rest, config: merged(shipped, named(own), named(changes)) });
    });
    const given = Object.entries(secrets).flatMap(([place, value]) => ["--secret", `mlstack:${place}=${value}`]);
    if (given.length === 0) return;
    const { code, text } = await stack.pulumi(["config", "set-all", "--path", ...given]);
    if (code !== 0) throw new Error(text);
  };
}

function named(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`mlstack:${key}`, value]));
}

/** Maps merged by key; anything else is replaced, and `null` takes a key away. */
function merged(...layers: readonly Settings[]): Settings {
  const result: Record<string, unknown> = {};
  for (const [key, value] of layers.flatMap((layer) => Object.entries(layer))) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = isMap(value) ? merged(isMap(result[key]) ? result[key] : {}, value) : value;
  }
  return result;
}

function isMap(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function urlOf(stack: TestStack) {
  return async (part: string) => {
    const urls: Record<string, string> = JSON.parse((await stack.pulumi(["stack", "output", "--json", "urls"])).text);
    const url = urls[part];
    if (url === undefined) throw new Error(`no address of "${part}" among ${Object.keys(urls).join(", ")}`);
    return url;
  };
}
