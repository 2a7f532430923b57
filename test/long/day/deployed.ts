import type { Settings } from "../../support/example.ts";
import { NODE } from "../../support/example.ts";
import { monitoringImage } from "../../support/monitoring.ts";
import { freePort } from "../../support/stack.ts";
import type { Ground } from "./ground.ts";

/**
 * Deploys an example as it is shipped with monitoring, and with what a run of minutes needs: names and ports of its own, and limits of
 * alerts that are reached in them.
 *
 * @param settings of the example that the run needs otherwise, in a layer above the shipped ones
 */
export async function deployed({ example }: Ground, settings: Settings, secrets: Readonly<Record<string, string>> = {}): Promise<void> {
  const isDocker = example.target === "Docker";
  const [metrics, alerts, logs, published] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const monitoring = {
    metrics: { port: metrics },
    logs: { port: logs },
    alerts: { port: alerts, startGrace: "1m", stuckAfter: "1m", diskFree: 1 },
  };
  const image = await monitoringImage(isDocker ? undefined : process.env["MLSTACK_TEST_REGISTRY"]);
  const { features, tracking, serving, ...rest } = settings;
  await example.configure(
    {
      ...rest,
      ...(isDocker ? { platform: { network: null } } : {}),
      ...(features === undefined ? {} : { features: { ...Object(features), publish: { port: published, anyPort: true } } }),
      ...(tracking === undefined
        ? {}
        : { tracking: { ...Object(tracking), publish: { port: await freePort() }, ...(isDocker ? {} : { hostNames: [NODE] }) } }),
      ...(serving === undefined
        ? {}
        : { serving: { api: { ...Object(Object(serving).api), publish: { port: published, anyPort: true } } } }),
      images: { monitoring: image },
      monitoring,
    },
    secrets,
  );
  await deploy(example);
}

/** One more deployment of the same settings. */
export async function deploy({ stack }: Ground["example"]): Promise<void> {
  const { code, text } = await stack.up();
  if (code !== 0) throw new Error(text);
}
