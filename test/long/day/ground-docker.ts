import { dockerExample } from "../../support/example.ts";
import { until } from "../../support/stack.ts";
import type { Ground } from "./ground.ts";

/** Variables that say which version of a model is served. */
const VERSION = /^MODEL_(VERSION|SHA256)=/;

/** An example on this machine's engine. */
export async function dockerGround(name: string, prefix: string): Promise<Ground> {
  const example = await dockerExample(name, "docker", prefix);
  const { stack } = example;
  const replicas = async (part: string) =>
    Object.keys(await stack.ids())
      .filter((one) => new RegExp(`^${part}-\\d+$`).test(one))
      .sort();
  return {
    example,
    pages: async () => ({
      metrics: await example.url("monitoring/metrics"),
      alerts: await example.url("monitoring/alerts"),
      logs: await example.url("monitoring/logs"),
    }),
    async halt(part, left) {
      const ended = (await replicas(part)).slice(left);
      await Promise.all(ended.map((one) => stack.container(one).stop()));
      return () => Promise.all(ended.map((one) => stack.container(one).start()));
    },
    async hang(part, at) {
      await stack.container(`${part}-${at}`).pause();
      return () => stack.container(`${part}-${at}`).unpause();
    },
    crash: (part, at) => stack.crash(`${part}-${at}`),
    async exchange(part, version) {
      const [one = ""] = (await replicas(part)).slice(-1);
      const before = stack.container(one);
      const { Config, HostConfig, NetworkSettings } = await before.inspect();
      const networks = Object.entries(NetworkSettings.Networks).map(([network, { Aliases }]) => [network, { Aliases }] as const);
      // Stopped as any other, so that it answers what it has been asked: the fault is the other version.
      await before.stop();
      await before.remove({ force: true });
      const Env = [...Config.Env.filter((line) => !VERSION.test(line)), `MODEL_VERSION=${version}`];
      const NetworkingConfig = { EndpointsConfig: Object.fromEntries(networks) };
      const made = await stack.docker.createContainer({ ...Config, Env, HostConfig, NetworkingConfig, name: `${stack.prefix}-${one}` });
      await made.start();
      await until(`${one} is ready`, async () => (await made.inspect()).State.Health?.Status === "healthy");
    },
    remove: () => example.remove(),
  };
}
