import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test, vi } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { type GangSpec, leaderAddress, memberIndex } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { containerOf, existing, JOB, OURS, onKubernetes, POLICY, refusalOf, SERVICE, templateOf } from "../support/kubernetes.ts";
import { aGangSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const gang = (changes: Partial<GangSpec> = {}, settings: KubernetesSettings = {}, view = {}) =>
  engine.run(() => {
    const platform = KubernetesPlatform.offline(settings, view);
    return platform.gang("trainer", aGangSpec(changes), { parent: platform });
  });
const spec = () => engine.inputs(JOB, "trainer")["spec"] as Record<string, unknown>;

test("that has failed for good is said, with why, and starts again", async () => {
  const said = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  const failed = { type: "Failed", status: "True", reason: "FailedIndexes", message: "Job has failed indexes" };
  await gang({}, {}, existing("Job", "trainer", { status: { conditions: [failed] } }));
  expect(said.mock.calls).toEqual([
    ['gang "trainer" has failed for good (FailedIndexes: Job has failed indexes): it starts again, from its last checkpoint'],
  ]);
  said.mockRestore();
});

describe("members", () => {
  test("are pods of one Indexed Job that is renewed member by member and fails as one", async () => {
    await gang({ size: 3, maxRestarts: 5 });
    const { template: _, ...rest } = spec();
    expect(rest).toEqual({
      completionMode: "Indexed",
      completions: 3,
      parallelism: 3,
      backoffLimitPerIndex: 5,
      maxFailedIndexes: 0,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          // A member that only lost a peer is not to blame (EX_TEMPFAIL).
          { action: "Ignore", onExitCodes: { operator: "In", values: [75] } },
        ],
      },
      podReplacementPolicy: "Failed",
    });
    expect(templateOf(engine, JOB, "trainer").spec).toMatchObject({ restartPolicy: "Never", subdomain: "trainer" });
  });

  test("are created again when an input changes", async () => {
    const annotation = async (inputs?: Record<string, string>) => {
      await gang(inputs === undefined ? {} : { inputs });
      return templateOf(engine, JOB, "trainer").metadata?.annotations?.["mlstack.dev/inputs"];
    };
    const [one, again, other] = [await annotation({ data: "1" }), await annotation({ data: "1" }), await annotation({ data: "2" })];
    expect(one).toMatch(/^[0-9a-f]{12}$/);
    expect([again === one, other === one, await annotation()]).toEqual([true, false, undefined]);
  });

  test("are replaced for what the API server does not let change, after the old ones have gone", async () => {
    await gang({}, {}, existing("Job", "trainer"));
    const { replaceOnChanges, deleteBeforeReplace } = engine.options(JOB, "trainer");
    expect(deleteBeforeReplace).toBe(true);
    const fixed = ["backoffLimitPerIndex", "completionMode", "managedBy", "podFailurePolicy", "scheduling", "successPolicy"];
    expect(replaceOnChanges).toEqual([...fixed.map((field) => `spec.${field}`), 'metadata.labels["kueue.x-k8s.io/queue-name"]']);
  });

  test("have stable names, which find them before they are ready", async () => {
    const { members, leader } = await gang({ size: 3, rendezvousPort: 12355 });
    expect(members).toEqual(["trainer-0.trainer", "trainer-1.trainer", "trainer-2.trainer"]);
    expect(leader).toBe("trainer-0.trainer");
    expect(engine.inputs(SERVICE, "trainer")).toMatchObject({
      metadata: { name: "trainer", annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector: { "mlstack.dev/stack": OURS, "mlstack.dev/workload": "trainer" },
        ports: [{ name: "rendezvous", port: 12355 }],
      },
    });
  });

  test("start once they can find and reach each other", async () => {
    await gang();
    expect(engine.options(JOB, "trainer").after).toEqual(expect.arrayContaining([`${SERVICE} trainer`, `${POLICY} trainer.members`]));
  });

  test("know their index from their pod, and their leader", async () => {
    await gang({ container: { image: "a", env: { RANK: memberIndex(), MASTER_ADDR: leaderAddress() } } });
    expect(containerOf(engine, JOB, "trainer").env).toEqual([
      { name: "MASTER_ADDR", value: "trainer-0.trainer" },
      { name: "RANK", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } } },
    ]);
  });

  test("have names of at most 63 characters", async () => {
    const named = (name: string, size: number) => onKubernetes(engine, (platform, opts) => platform.gang(name, aGangSpec({ size }), opts));
    await named("t".repeat(53), 10);
    await expect(named("t".repeat(62), 2)).rejects.toThrow(/64 characters; the limit is 63/);
    await expect(named("t".repeat(61), 11)).rejects.toThrow(/64 characters; the limit is 63/);
  });
});

describe("scheduling", () => {
  const labels = () => (engine.inputs(JOB, "trainer")["metadata"] as { labels: Record<string, string> }).labels;

  test("is the cluster's own by default", async () => {
    await gang();
    expect(Object.keys(labels())).not.toContain("kueue.x-k8s.io/queue-name");
    expect(spec()).not.toHaveProperty("scheduling");
  });

  test("by Kueue adds the queue's label to the Job and changes nothing else", async () => {
    await gang();
    const plain = spec();
    await gang({}, { scheduling: { kind: "kueue", queue: "ml" } });
    expect(labels()).toMatchObject({ "kueue.x-k8s.io/queue-name": "ml", "mlstack.dev/workload": "trainer" });
    expect(spec()).toEqual(plain);
  });

  test("by native gangs asks for all members at once where Kubernetes knows them", async () => {
    await gang({ size: 3 }, { scheduling: { kind: "native" } }, { minor: 37 });
    expect(spec()["scheduling"]).toEqual({ schedulingPolicy: { gang: { minCount: 3 } } });
  });

  test("by native gangs is refused where Kubernetes would leave the field out in silence", async () => {
    const ask = (minor: number) =>
      refusalOf(engine, (p, opts) => p.gang("trainer", aGangSpec(), opts), { scheduling: { kind: "native" } }, { minor });
    expect(await ask(36)).toBe(
      'Kubernetes: 1 obstacle; nothing was changed\n  gang "trainer": platform.scheduling.kind native: not available on Kubernetes 1.36; use 1.37 with the gates GenericWorkload and WorkloadWithJob, { kind: kueue, queue }, or { kind: default }',
    );
    expect(await ask(37)).toBe("");
  });
});

describe("another number of members", () => {
  const warned = async (size: number, parallelism: number, active?: number) => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const status = active === undefined ? {} : { active };
    await gang({ size }, {}, existing("Job", "trainer", { spec: { parallelism }, status }));
    const said = warn.mock.calls.map(([message]) => message);
    warn.mockRestore();
    return said;
  };

  test("is announced before it ends those that run", async () => {
    expect(await warned(4, 2, 2)).toEqual([
      'gang "trainer": 2 → 4 members ends the 2 that run; training starts again from its last checkpoint',
    ]);
  });

  test.each([
    ["none runs", [4, 2, 0]],
    ["none has ever run", [4, 2]],
    ["the number is the same", [2, 2, 2]],
  ] as const)("is no matter where %s", async (_, [size, parallelism, active]) => {
    expect(await warned(size, parallelism, active)).toEqual([]);
  });
});

test("never takes over a Job of something else", async () => {
  const view = existing("Job", "trainer", { labels: {} });
  expect(await refusalOf(engine, (platform, opts) => platform.gang("trainer", aGangSpec(), opts), {}, view)).toContain(
    'Job "trainer": is in namespace "shop-test" already and belongs to something else',
  );
});
