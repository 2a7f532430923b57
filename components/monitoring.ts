import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { alertMistakes } from "./monitoring/alert-settings.ts";
import { dashboardFiles, ruleFiles } from "./monitoring/content.ts";
import type { Observed } from "./monitoring/observed.ts";
import { hasReceivers, receiverConfig } from "./monitoring/receivers.ts";
import { type Exporters, probedOf, scrapeCalls, scrapeConfig } from "./monitoring/scrape.ts";
import { monitoringSettings } from "./monitoring/settings.ts";
import {
  alertsOf,
  collectorOf,
  hostOf,
  logsOf,
  type MonitoringSettings,
  metricsOf,
  probeOf,
  receiverOf,
  redisOf,
} from "./monitoring/specs.ts";
import * as w from "./workload/index.ts";

export { type AlertSettings, alertMistakes, alertSettings } from "./monitoring/alert-settings.ts";
export type { Observed } from "./monitoring/observed.ts";
export { operatorObjects } from "./monitoring/operator.ts";
export { monitoringSettings } from "./monitoring/settings.ts";

const observed = z.custom<Observed>(
  (given) =>
    typeof given === "object" && given !== null && "kind" in given && "target" in given && w.isHandle("service", "gang")(given.target),
  "must be what a component has in `observed`",
);

export const monitoringSchema = w.strict({ ...monitoringSettings.shape, image: w.imageSource, observed: z.array(observed) });

/** Settings of a stack file, and what only a program can give. */
export type MonitoringArgs = z.input<typeof monitoringSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** Image with the programs of `workloads/monitoring`. */
  image: w.ImageSource;
  /** What is looked at: the `observed` of each component. */
  observed: Observed[];
};

/** Where those who run the stack look; undefined where the platform opens no port, and `npm run open` forwards one. */
export interface Pages {
  readonly metrics: pulumi.Output<string> | undefined;
  readonly alerts: pulumi.Output<string> | undefined;
  /** Also undefined where logs are off. */
  readonly logs: pulumi.Output<string> | undefined;
}

/**
 * Numbers, dashboards and alerts of the parts of a stack, without a change of any of them: their numbers are collected and kept
 * for some days, rules that follow from what was declared are evaluated, and receivers are notified. Nobody else's machine reaches it.
 *
 * Ready when each of its programs answers. It waits for no part, and no part waits for it.
 *
 * @example
 * new Monitoring("monitoring", { platform, image, observed: [...features.observed, ...training.observed] });
 */
export class Monitoring extends pulumi.ComponentResource {
  readonly pages: Pages;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Monitoring", name, {}, opts);
    const { platform, ...given } = args;
    const owner = { kind: "Monitoring", name, platform };
    const settings = w.parse(owner, monitoringSchema, given);
    const { observed, metrics: store } = settings;
    const readers = observed.flatMap((part) => (part.kind === "server" && part.features.length > 0 ? [part.target.name] : []));
    const wrong = alertMistakes(settings.alerts, readers);
    if (wrong.length > 0)
      w.refuse(
        owner,
        wrong.map(({ path, message }) => ({ path: `alerts.${path}`, message })),
      );
    const content = { parts: observed, settings: settings.alerts, stack: pulumi.getStack(), receivers: hasReceivers(settings.receivers) };
    const image = w.imageFrom(settings.image);
    const parent = { parent: this };
    const named = (part: string) => w.childName(name, part);
    const files = (part: string, content: Record<string, string>) => platform.configFiles(named(part), { files: content }, parent);

    const receiver = hasReceivers(settings.receivers) ? this.declareReceiver(platform, named("receiver"), settings, image) : undefined;
    const logs = settings.logs.enabled ? this.declareLogs(platform, named, settings, image) : undefined;
    const own = [receiver, logs].filter((one) => one !== undefined);
    const exporters = this.declareExporters(platform, named, settings, image, own);
    const metrics = platform.service(
      named("metrics"),
      metricsOf(settings, {
        image,
        data: platform.volume(named("metrics"), { size: store.size, keep: store.keep }, parent),
        files: files("metrics", {
          "scrape.yml": scrapeConfig(observed, exporters, { name: named("metrics"), interval: settings.interval }),
          ...dashboardFiles(content),
        }),
        calls: scrapeCalls(observed, exporters),
      }),
      parent,
    );
    const rules = files("rules", ruleFiles(content));
    const alerts = platform.service(
      named("alerts"),
      alertsOf(settings, { name: named("alerts"), image, rules, metrics, receiver }),
      parent,
    );

    this.pages = { metrics: metrics.url, alerts: alerts.url, logs: logs?.url };
    this.registerOutputs({});
  }

  private declareReceiver(
    platform: w.Platform,
    name: string,
    { receivers }: MonitoringSettings,
    image: w.ContainerSpec["image"],
  ): w.Service {
    const secret = platform.secret(name, { values: { config: receiverConfig(receivers) } }, { parent: this });
    return platform.service(name, receiverOf(receivers, image, secret), { parent: this });
  }

  /** Where the lines of all parts go; with logs off, where they went before keeps them. */
  private declareLogs(
    platform: w.Platform,
    named: (part: string) => string,
    settings: MonitoringSettings,
    image: w.ContainerSpec["image"],
  ): w.Service {
    const parent = { parent: this };
    const { size, keep } = settings.logs;
    const data = platform.volume(named("logs"), { size, keep }, parent);
    const into = platform.service(named("logs"), logsOf(settings, image, data), parent);
    platform.collectLogs(named("collector"), { into, collector: collectorOf(image, into) }, parent);
    return into;
  }

  /** The programs that look at parts without metrics. */
  private declareExporters(
    platform: w.Platform,
    named: (part: string) => string,
    settings: Settings,
    image: w.ContainerSpec["image"],
    own: readonly w.Service[],
  ): Exporters {
    const parent = { parent: this };
    const asked = probedOf(settings.observed);
    const redis = settings.observed.flatMap((part) => (part.kind === "redis" ? [part] : []));
    return {
      probe: asked.length === 0 ? undefined : platform.service(named("probe"), probeOf(image, asked), parent),
      redis: new Map(
        redis.map(({ target, secret }) => [target.name, platform.service(named(target.name), redisOf(image, target, secret), parent)]),
      ),
      own: [platform.service(named("host"), hostOf(image), parent), ...own],
    };
  }
}

type Settings = z.output<typeof monitoringSchema>;
