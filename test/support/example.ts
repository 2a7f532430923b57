import { parse, stringify } from "yaml";

import { Kube } from "./kube.ts";
import { TestStack, until } from "./stack.ts";

/** One of the programs of `examples`, on a real engine. */
export interface Example {
  readonly stack: TestStack;
  /** Words for the target's settings that differ from those of the example's file. */
  readonly target: "Docker" | "Kubernetes";
  /** Adds settings to the example's own; those of another call are forgotten. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** One output of the stack. */
  output(name: string): Promise<string>;
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

/** `examples/NAME` with its Docker stack on this machine's engine. */
export async function dockerExample(name: string): Promise<Example> {
  const stack = await TestStack.create("docker", { folder: `examples/${name}`, project: name, prefix: name });
  const names = async (service: string) => Object.keys(await stack.ids()).filter((id) => new RegExp(`^${service}-\\d+$`).test(id));
  const first = async (service: string) => (await names(service))[0] ?? `no-${service}`;
  return {
    stack,
    target: "Docker",
    configure: settingsOf(stack, name, "Pulumi.docker.yaml", { port: stack.port }),
    output: outputOf(stack),
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
export async function kubernetesExample(name: string): Promise<Example> {
  const kube = new Kube();
  const stack = await TestStack.create("kubernetes", { folder: `examples/${name}`, project: name, prefix: `${name}-k8s` });
  const registry = { registry: `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack`, hostNames: [NODE] };
  const pods = async (service: string) =>
    (await kube.pods(name, service)).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return {
    stack,
    target: "Kubernetes",
    configure: settingsOf(stack, name, "Pulumi.kubernetes.yaml", registry),
    output: outputOf(stack),
    logs: async (service) => Promise.all((await pods(service)).map(({ metadata }) => kube.logs(name, metadata?.name ?? ""))),
    exec: async (service, command) => kube.exec(name, (await pods(service))[0]?.metadata?.name ?? "", command),
    halt: async (service) => {
      await kube.scaleSet(name, service, 0);
      await until(`${service} is gone`, async () => (await kube.pods(name, service)).length === 0);
      return () => kube.scaleSet(name, service, 1);
    },
    ids: async (service) => (await pods(service)).map(({ metadata }) => metadata?.uid ?? ""),
    leftovers: () => kube.objects(`mlstack.dev/stack=${name}.kubernetes`),
    async remove() {
      await stack.remove();
      await kube.removeNamespace(name);
      await kube.recycleVolumes();
    },
  };
}

/** Address of the test cluster's only node, by which published ports answer. */
const NODE = "10.244.0.1";

function settingsOf(stack: TestStack, project: string, file: string, own: Readonly<Record<string, unknown>>) {
  let first: Record<string, unknown> | undefined;
  return (settings: Readonly<Record<string, unknown>>) =>
    stack.edit(file, (text) => {
      const { config }: { config: Record<string, unknown> } = parse(text);
      first ??= config;
      const named = Object.entries({ ...own, ...settings }).map(([key, value]) => [`${project}:${key}`, value]);
      return stringify({ config: { ...first, ...Object.fromEntries(named) } });
    });
}

function outputOf(stack: TestStack) {
  return async (name: string) => {
    const { code, text } = await stack.pulumi(["stack", "output", "--show-secrets", name]);
    if (code !== 0) throw new Error(text);
    return text.trim();
  };
}
