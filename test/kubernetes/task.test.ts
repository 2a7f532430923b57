import type { V1CronJob } from "@kubernetes/client-node";
import { beforeAll, expect, test } from "vitest";

import { secretValue, type Task, type TaskSpec } from "../../components/workload/index.ts";
import { launchOf } from "../../tools/tasks/launch.ts";
import { MockEngine } from "../support/engine.ts";
import { CRON_JOB, existing, JOB, onKubernetes, POLICY, refusalOf, templateOf } from "../support/kubernetes.ts";
import { aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

async function task(changes: Partial<TaskSpec> = {}): Promise<{ declared: V1CronJob; launch: string }> {
  let made: Task | undefined;
  await onKubernetes(
    engine,
    (platform, opts) => {
      made = platform.task("train", aTaskSpec(changes), opts);
    },
    { context: "prod" },
  );
  const launch = await new Promise<string>((resolve) => made?.launch.apply(resolve));
  return { declared: engine.inputs(CRON_JOB, "train") as unknown as V1CronJob, launch };
}

test("is a CronJob that is never due, whose Jobs are tried once and end at its deadline", async () => {
  const { declared } = await task({ deadline: "90s" });
  expect(declared.spec).toMatchObject({ suspend: true, schedule: "0 0 31 2 *" });
  const { template: _, ...spec } = declared.spec?.jobTemplate.spec ?? {};
  expect(spec).toEqual({ backoffLimit: 0, activeDeadlineSeconds: 90, ttlSecondsAfterFinished: 600 });
  expect(declared.spec?.jobTemplate.metadata?.labels).toEqual(declared.metadata?.labels);
});

test("runs a pod like that of a job", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const key = secretValue(platform.secret("login", { values: { password: "hunter2" } }, opts), "password");
    const volume = platform.volume("data", {}, opts);
    const container = { image: "shop:1", command: ["train"], env: { KEY: key }, mounts: [{ volume, path: "/data" }] };
    const placement = { accelerator: { vendor: "nvidia" as const, count: 1 }, nodeSelector: { disk: "ssd" } };
    platform.task("train", aTaskSpec({ container, placement }), opts);
    platform.job("load", aJobSpec({ container, placement }), opts);
  });
  const { metadata: _, ...job } = templateOf(engine, JOB, "load");
  const { metadata, ...run } = templateOf(engine, CRON_JOB, "train");
  const renamed = JSON.parse(JSON.stringify(run).replaceAll('"name":"train"', '"name":"load"'));
  expect(renamed).toEqual(job);
  expect(metadata?.labels).toMatchObject({ "mlstack.dev/stack": "shop.test", "mlstack.dev/workload": "train" });
});

test("is typed into on a terminal when it is interactive", async () => {
  await task({ interactive: true });
  expect(templateOf(engine, CRON_JOB, "train").spec.containers[0]).toMatchObject({ stdin: true, stdinOnce: true, tty: true });
  await task();
  expect(templateOf(engine, CRON_JOB, "train").spec.containers[0]).not.toHaveProperty("tty");
});

test("says how it is started", async () => {
  expect(launchOf({ tasks: { train: (await task()).launch } }, "train", "prod")).toEqual({
    platform: "kubernetes",
    name: "train",
    namespace: "shop-test",
    context: "prod",
    cluster: "none",
    interactive: false,
  });
});

test("is declared once its flows are open", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const web = platform.service("web", aServiceSpec(), opts);
    platform.task("train", aTaskSpec({ container: { image: "a", calls: [web] } }), opts);
  });
  expect(engine.options(CRON_JOB, "train").after).toEqual(
    expect.arrayContaining([`${POLICY} train.calls`, `${POLICY} web.from.train`, `${POLICY} default-deny`]),
  );
});

test("refuses a name that its Jobs would make too long, and a number of processes of its own", async () => {
  const ask = (name: string, changes = {}) => onKubernetes(engine, (platform, opts) => platform.task(name, aTaskSpec(changes), opts));
  await ask("t".repeat(52));
  await expect(ask("t".repeat(53))).rejects.toThrow("name: of a task must be at most 52 characters on Kubernetes, got 53");
  const container = { image: "a", resources: { processes: 100 } };
  const said = await refusalOf(engine, (platform, opts) => platform.task("train", aTaskSpec({ container }), opts));
  expect(said).toContain('"train": resources.processes: not available on Kubernetes');
});

test("takes over no CronJob of others", async () => {
  const foreign = existing("CronJob", "train", { labels: {} });
  const said = await refusalOf(engine, (platform, opts) => platform.task("train", aTaskSpec(), opts), {}, foreign);
  expect(said).toContain('CronJob "train": is in namespace "shop-test" already and belongs to something else');
});
