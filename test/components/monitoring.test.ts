import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { seriesIn } from "../../components/monitoring/specs.ts";
import { Monitoring, type MonitoringArgs, type monitoringSchema, type Observed } from "../../components/monitoring.ts";
import type { ConfigFilesSpec, Gang, SecretSpec, Service, ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const service = (name: string, port: number) => ({ kind: "service", name, address: name, replicasAddress: `${name}.all`, port }) as Service;
const gang = {
  kind: "gang",
  name: "trainer",
  members: ["trainer-0.trainer", "trainer-1.trainer"],
  leader: "trainer-0.trainer",
} as unknown as Gang;

const SERVER: Observed = { kind: "server", target: service("api", 8000), replicas: 2, golden: false, features: [] };
const ONE: Observed = { ...SERVER, target: service("canary", 8001), replicas: 1 };
const GATEWAY: Observed = { kind: "gateway", target: service("gateway", 8080), statusPort: 8405, behind: "api", replicas: 2, tls: false };
const STEP: Observed = { kind: "step", target: service("stream", 9400), staleAfter: 60 };
const RANKS: Observed = { kind: "ranks", target: gang, metricsPort: 9400, nodes: 2, processesPerNode: 1 };
const secret = { kind: "secret", name: "redis", keys: ["password"] } as never;
const REDIS: Observed = { kind: "redis", target: service("redis", 6379), secret };
const POSTGRES: Observed = { kind: "postgres", target: service("rows", 5432) };
const MLFLOW: Observed = { kind: "answers", target: service("mlflow", 5000), path: "/health" };
const FEAST: Observed = { kind: "answers", target: service("registry", 6566) };

async function asked(observed: Observed[], changes: Partial<MonitoringArgs> = {}) {
  const platform = new FakePlatform();
  const monitoring = await engine.run(
    () => new Monitoring("monitoring", { platform, image: "m:1", observed, logs: { enabled: false }, ...changes }),
  );
  const spec = (name: string) => platform.spec("service", `monitoring-${name}`) as ServiceSpec;
  const file = (part: string, name: string) => (platform.spec("configFiles", `monitoring-${part}`) as ConfigFilesSpec).files[name] ?? "";
  return { platform, monitoring, spec, file, scrape: () => JSON.parse(file("metrics", "scrape.yml")) };
}

const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));

test("asks for two programs and the host's; what other parts need comes with them", async () => {
  const { platform } = await asked([SERVER]);
  const always = ["volume monitoring-metrics", "configFiles monitoring-metrics"];
  const programs = [
    "service monitoring-host",
    ...always,
    "service monitoring-metrics",
    "configFiles monitoring-rules",
    "service monitoring-alerts",
  ];
  expect(platform.lines).toEqual(programs);
  const more = await asked([SERVER, REDIS, MLFLOW], {
    receivers: { webhook: { url: "https://chat.example.org/key", outside: { addresses: "10.0.0.7/32", port: 443 } } },
  });
  expect(more.platform.lines).toEqual([
    "secret monitoring-receiver",
    "service monitoring-receiver",
    "service monitoring-probe",
    "service monitoring-redis",
    ...programs,
  ]);
});

test("metrics have limits of time and room, a page on this machine alone, and nothing is published", async () => {
  const { platform, spec, monitoring } = await asked([SERVER], { interval: "10s", metrics: { days: 2, size: "1Gi", keep: true } });
  expect(platform.spec("volume", "monitoring-metrics")).toEqual({ size: "1Gi", keep: true });
  expect(spec("metrics").container.args).toEqual(
    expect.arrayContaining([
      "-retentionPeriod=2d",
      "-promscrape.dnsSDCheckInterval=10s",
      `-storage.maxDailySeries=${seriesIn({ size: "1Gi", days: 2 }, "10s")}`,
    ]),
  );
  expect([spec("metrics").localPort, spec("alerts").localPort, monitoring.pages]).toEqual([
    8428,
    8880,
    { metrics: undefined, alerts: undefined, logs: undefined },
  ]);
  const services = platform.requests.flatMap(({ kind, spec }) => (kind === "service" ? [spec as ServiceSpec] : []));
  expect(services.filter(({ publish }) => publish !== undefined)).toEqual([]);
});

test("rules and dashboards follow from the parts, and a change of them is marked", async () => {
  const content = async (part: Observed) => {
    const { file, platform } = await asked([part]);
    const rules: { groups: { rules: { alert?: string; labels: Record<string, string> }[] }[] } = JSON.parse(file("rules", "rules.yml"));
    const all = rules.groups.flatMap((group) => group.rules);
    const pages = Object.keys((platform.spec("configFiles", "monitoring-metrics") as ConfigFilesSpec).files);
    return { alerts: all.flatMap(({ alert }) => alert ?? []), deployment: all[0]?.labels["deployment"], pages: pages.length };
  };
  const [two, three] = [await content(SERVER), await content({ ...SERVER, replicas: 3 })];
  expect(two.alerts).toContain("ReplicasMissing");
  expect(two.pages).toBeGreaterThan(2);
  expect(two.deployment).toMatch(/^[0-9a-f]{12}$/);
  expect(three.deployment).not.toBe(two.deployment);
  expect((await content(REDIS)).alerts).toContain("RedisFull");
});

test("as many series are taken as have room for as long as they are kept", () => {
  const gibibytes = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(gibibytes, fc.integer({ min: 1, max: 365 }), fc.integer({ min: 1, max: 300 }), (size, days, seconds) => {
      const series = seriesIn({ size: `${size}Gi`, days }, `${seconds}s`);
      const bytes = series * days * (86_400 / seconds);
      expect(series === 1000 || bytes <= 0.8 * size * 1024 ** 3).toBe(true);
      expect(seriesIn({ size: `${size + 1}Gi`, days }, `${seconds}s`)).toBeGreaterThanOrEqual(series);
    }),
  );
});

describe("numbers are collected", () => {
  const ofService = (name: string, port: number, more: object = {}) => ({
    job_name: name,
    dns_sd_configs: [{ names: [`${name}.all`], type: "A", port }],
    relabel_configs: [
      { target_label: "part", replacement: name },
      { target_label: "instance", replacement: name },
    ],
    ...more,
  });
  const probed = (name: string, port: number, module: string, target: string) => ({
    job_name: name,
    metrics_path: "/probe",
    params: { module: [module] },
    dns_sd_configs: [{ names: [`${name}.all`], type: "A", port }],
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target", replacement: target },
      { target_label: "part", replacement: name },
      { target_label: "instance", replacement: name },
      { target_label: "__address__", replacement: "monitoring-probe:9115" },
    ],
  });
  const member = (index: number, port: number, instance: string) => ({
    targets: [`trainer-${index}.trainer:${port}`],
    labels: { part: "trainer", instance },
  });

  test.each([
    [
      "of replicas by the service's name, whose addresses tell them apart",
      SERVER,
      [ofService("api", 8000, { relabel_configs: [{ target_label: "part", replacement: "api" }] })],
    ],
    ["of a single replica under its part's name", ONE, [ofService("canary", 8001)]],
    [
      "of a gateway at its status port, without places that no replica has",
      GATEWAY,
      [ofService("gateway", 8405, { params: { "no-maint": ["1"] } })],
    ],
    [
      "of a gateway with TLS, with the end of its certificate",
      { ...GATEWAY, tls: true },
      [
        ofService("gateway", 8405, { params: { "no-maint": ["1"] } }),
        { ...probed("gateway", 8080, "tls", "$1"), job_name: "monitoring-probe:gateway-tls" },
      ],
    ],
    ["of a step at its own port", STEP, [ofService("stream", 9400)]],
    [
      "of members by their names",
      RANKS,
      [{ job_name: "trainer", static_configs: [member(0, 9400, "trainer-0"), member(1, 9400, "trainer-1")], relabel_configs: [] }],
    ],
    [
      "of each process of a member",
      { ...RANKS, processesPerNode: 2 },
      [
        {
          job_name: "trainer",
          static_configs: [
            member(0, 9400, "trainer-0:9400"),
            member(0, 9401, "trainer-0:9401"),
            member(1, 9400, "trainer-1:9400"),
            member(1, 9401, "trainer-1:9401"),
          ],
          relabel_configs: [],
        },
      ],
    ],
    ["of a database by asking for a connection", POSTGRES, [probed("rows", 5432, "tcp", "$1")]],
    ["of a server without any by asking it", MLFLOW, [probed("mlflow", 5000, "http", "http://$1/health")]],
    ["of one that does not speak HTTP by asking for a connection", FEAST, [probed("registry", 6566, "tcp", "$1")]],
  ] as [string, Observed, object[]][])("%s", async (_, part, jobs) => {
    const { scrape } = await asked([part]);
    expect(scrape().global).toEqual({ scrape_interval: "5000ms", scrape_timeout: "5000ms" });
    expect(scrape().scrape_configs.slice(0, -2)).toEqual(jobs);
    expect(scrape().scrape_configs.at(-2)).toMatchObject({ job_name: "monitoring-host", dns_sd_configs: [{ port: 9100 }] });
  });

  test("of what collects them too", async () => {
    const { scrape } = await asked([]);
    const labels = { part: "monitoring-metrics", instance: "monitoring-metrics" };
    expect(scrape().scrape_configs.at(-1)).toMatchObject({ static_configs: [{ targets: ["127.0.0.1:8428"], labels }] });
  });

  test("of a Redis by a program that has its password", async () => {
    const { scrape, spec } = await asked([REDIS]);
    expect(scrape().scrape_configs[0]).toMatchObject({
      job_name: "redis",
      dns_sd_configs: [{ names: ["monitoring-redis"], port: 9121 }],
      relabel_configs: [{ target_label: "part", replacement: "redis" }, {}],
    });
    expect(spec("redis").container.env).toEqual({
      REDIS_ADDR: { from: "service-endpoint", service: REDIS.target },
      REDIS_PASSWORD: { from: "secret", secret, key: "password" },
    });
  });

  test("and each job has a name of its own", async () => {
    const { scrape } = await asked([SERVER, ONE, { ...GATEWAY, tls: true }, STEP, RANKS, REDIS, POSTGRES, MLFLOW, FEAST]);
    const names = scrape().scrape_configs.map(({ job_name }: { job_name: string }) => job_name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test("lines of all parts go to a store with limits of time and room, whose numbers are collected too", async () => {
  const { platform, spec, scrape } = await asked([SERVER], { logs: { days: 3, size: "1Gi" } });
  const logs = ["volume monitoring-logs", "service monitoring-logs", "logs monitoring-collector"];
  expect(platform.lines.slice(0, 3)).toEqual(logs);
  expect(spec("logs").container.args).toEqual(
    expect.arrayContaining(["-retentionPeriod=3d", `-retention.maxDiskSpaceUsageBytes=${Math.floor(0.8 * 1024 ** 3)}`]),
  );
  expect([spec("logs").localPort, spec("logs").publish]).toEqual([9428, undefined]);
  const named = expect.objectContaining({ name: "monitoring-logs" });
  expect(platform.spec("logs", "monitoring-collector")).toMatchObject({
    into: named,
    collector: { container: { command: ["monitoring-collector"], env: { LOGS_URL: { from: "service-url", service: named } } } },
  });
  expect(scrape().scrape_configs.at(-2)).toMatchObject({ job_name: "monitoring-logs", dns_sd_configs: [{ port: 9428 }] });
});

test("exactly the ways to what is read are opened", async () => {
  const { spec } = await asked([SERVER, GATEWAY, STEP, { ...RANKS, processesPerNode: 2 }, REDIS, POSTGRES, MLFLOW]);
  const named = (name: string) => expect.objectContaining({ name });
  expect(spec("metrics").container.calls).toEqual([
    SERVER.target,
    { to: GATEWAY.target, port: 8405 },
    STEP.target,
    { to: gang, port: 9400 },
    { to: gang, port: 9401 },
    named("monitoring-probe"),
    named("monitoring-redis"),
    named("monitoring-host"),
  ]);
  expect(spec("probe").container.calls).toEqual([POSTGRES.target, MLFLOW.target]);
  expect(spec("alerts").container.calls).toEqual([named("monitoring-metrics")]);
  expect(spec("alerts").after).toEqual([named("monitoring-metrics")]);
  expect(spec("alerts").container.args).toContain("-notifier.blackhole");
});

describe("receivers", () => {
  const outside = { addresses: "10.0.0.7/32", port: 443 };
  const webhook = { url: pulumi.secret("https://chat.example.org/key"), outside };
  const mail = {
    to: ["a@x.org", "b@x.org"],
    from: "m@x.org",
    server: "smtp.x.org:587",
    username: "m",
    password: pulumi.secret("pw"),
    outside: { ...outside, port: 587 },
  };

  test("get alerts in one message a part, by a configuration that is a secret as a whole", async () => {
    const { platform, spec } = await asked([SERVER], { receivers: { webhook, mail } });
    const { values } = platform.spec("secret", "monitoring-receiver") as SecretSpec;
    expect(await pulumi.isSecret(pulumi.output(values["config"]))).toBe(true);
    expect(JSON.parse(await known(values["config"] ?? ""))).toEqual({
      route: { receiver: "all", group_by: ["alertname", "part"], group_wait: "5s", group_interval: "30s", repeat_interval: "4h" },
      receivers: [
        {
          name: "all",
          webhook_configs: [{ url: "https://chat.example.org/key", send_resolved: true }],
          email_configs: [
            {
              to: "a@x.org, b@x.org",
              from: "m@x.org",
              smarthost: "smtp.x.org:587",
              require_tls: true,
              send_resolved: true,
              auth_username: "m",
              auth_password: "pw",
            },
          ],
        },
      ],
    });
    expect(spec("receiver").container).toMatchObject({
      outside: [outside, { ...outside, port: 587 }],
      env: { RECEIVERS: { from: "secret" } },
    });
    expect(JSON.stringify(spec("receiver").container.args)).not.toContain("chat");
    expect(spec("alerts").container.args).toContain("-notifier.url=http://monitoring-receiver:9093");
  });

  test.each([
    [{ webhook: { url: "chat.example.org", outside } }, "receivers.webhook.url: must be a URL that begins with http:// or https://"],
    [{ mail: { ...mail, to: ["a b"] } }, 'receivers.mail.to[0]: must be an address such as "team@example.org", got "a b"'],
    [{ mail: { ...mail, server: "smtp" } }, 'receivers.mail.server: must be host:port, such as "smtp.example.org:587", got "smtp"'],
    [{ mail: { ...mail, password: undefined } }, "receivers.mail.password: is required with username: a login has both"],
  ])("refuses $1", async (receivers, message) => {
    await expect(asked([], { receivers } as Partial<MonitoringArgs>)).rejects.toThrow(
      `Monitoring "monitoring": 1 invalid argument\n  ${message}`,
    );
  });
});

test.each([
  [{ interval: "500ms" }, 'interval: must be from 1s to 30s, got "500ms"'],
  [{ metrics: { days: 0 } }, "metrics.days: "],
  [{ alerts: { featureAge: { api: "1h" } } }, 'alerts.featureAge.api: no server that reads features is called "api"'],
])("refuses %j", async (changes, message) => {
  await expect(asked([], changes as Partial<MonitoringArgs>)).rejects.toThrow(message);
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof monitoringSchema>>().toEqualTypeOf<Exclude<keyof MonitoringArgs, "platform">>();
});
