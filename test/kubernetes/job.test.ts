import type * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Existing } from "../../components/kubernetes/existing.ts";
import { retryOf } from "../../components/kubernetes/job-rules.ts";
import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { NO_WAITS, type Waits } from "../../components/kubernetes/waits.ts";
import { type JobSpec, Refusal, secretValue } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { type FieldChange, JOB_CONTAINER, JOB_FIELDS } from "../support/job-fields.ts";
import { CONFIG_MAP, containerOf, existing, JOB, onKubernetes, refusalOf, templateOf } from "../support/kubernetes.ts";
import { aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const DONE = { conditions: [{ type: "Complete", status: "True" }] };
const FAILED = { conditions: [{ type: "Failed", status: "True" }] };

/** Asks for the job; returns what exists when the cluster has come so far with it. */
async function job(
  changes: Partial<JobSpec> | FieldChange["change"] = {},
  stands: object = {},
  settings: KubernetesSettings = {},
  status: Record<string, unknown> = DONE,
) {
  const ask = (platform: KubernetesPlatform, opts: { parent: pulumi.Resource }) => {
    const given = typeof changes === "function" ? changes(platform.service("redis", aServiceSpec(), opts)) : changes;
    platform.job("load", aJobSpec(given), opts);
  };
  await onKubernetes(engine, ask, settings, stands);
  const { metadata, spec } = engine.inputs(JOB, "load") as unknown as Existing;
  return existing("Job", "load", { annotations: metadata.annotations ?? {}, spec: spec ?? {}, status });
}
const annotations = () => (engine.inputs(JOB, "load") as unknown as Existing).metadata.annotations ?? {};
const container = (changes: object) => ({ container: { image: "shop:1", command: ["load"], ...changes } });

test("is one pod that is tried once, loses no try to maintenance, and ends at its deadline", async () => {
  await job({ deadline: "90s" });
  const { template: _, ...spec } = engine.inputs(JOB, "load")["spec"] as Record<string, unknown>;
  expect(spec).toEqual({
    backoffLimit: 0,
    activeDeadlineSeconds: 90,
    podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }] },
    podReplacementPolicy: "Failed",
  });
  expect(templateOf(engine, JOB, "load").spec.restartPolicy).toBe("Never");
  expect(templateOf(engine, JOB, "load").spec.terminationGracePeriodSeconds).toBe(10);
  expect(containerOf(engine, JOB, "load")).toMatchObject({ command: ["load"] });
  for (const key of ["startupProbe", "readinessProbe", "livenessProbe", "lifecycle"])
    expect(containerOf(engine, JOB, "load")).not.toHaveProperty(key);
});

test("is replaced for what the API server does not let change, after the old one has gone", async () => {
  await job({}, existing("Job", "load"));
  const { replaceOnChanges, deleteBeforeReplace } = engine.options(JOB, "load");
  expect(deleteBeforeReplace).toBe(true);
  expect(replaceOnChanges).toEqual([
    "spec.backoffLimitPerIndex",
    "spec.completionMode",
    "spec.managedBy",
    "spec.podFailurePolicy",
    "spec.scheduling",
    "spec.successPolicy",
  ]);
});

test("is not waited for by the provider, and starts after what it needs", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const redis = platform.service("redis", aServiceSpec(), opts);
    const built = platform.job("build", aJobSpec(), opts);
    platform.job("load", aJobSpec({ after: [built, redis] }), opts);
  });
  expect(annotations()).toMatchObject({
    "pulumi.com/waitFor": expect.stringMatching(/^jsonpath=\{.metadata.annotations\['mlstack.dev\/declared'\]\}=[0-9a-f]{12}$/),
  });
  expect(engine.options(JOB, "load").after).toEqual(expect.arrayContaining([`${JOB} build`, "kubernetes:apps/v1:Deployment redis"]));
});

describe("the work of a job that has ended well, which its controller has not counted yet,", () => {
  const program = (build: Waits["job"]) => {
    vi.spyOn(NO_WAITS, "job").mockImplementation((name, wait) => (name === "build" ? build(name, wait) : Promise.resolve()));
    return engine.run(async () => {
      const platform = KubernetesPlatform.offline();
      const opts = { parent: platform };
      platform.job("load", aJobSpec({ after: [platform.job("build", aJobSpec(), opts)] }), opts);
      await platform.kept();
    });
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("lets begin what comes after it, and the deployment goes on until it is counted", async () => {
    const count = Promise.withResolvers<void>();
    let isKept = false;
    const deployed = program((_, { onEnd }) => {
      onEnd?.();
      return count.promise;
    }).then(() => (isKept = true));
    try {
      await expect.poll(() => engine.of(JOB).has("load")).toBe(true);
      expect(isKept).toBe(false);
    } finally {
      count.resolve();
      await deployed;
    }
  });

  test("fails the deployment where it is counted as failed, and is not noted as deployed", async () => {
    const failed = program(async (_, { onEnd }) => {
      onEnd?.();
      throw new Refusal("beyond its deadline");
    });
    await expect(failed).rejects.toThrow("beyond its deadline");
    expect(engine.of(JOB).has("load")).toBe(true);
    expect(engine.of(CONFIG_MAP).has("deployed")).toBe(false);
  });
});

describe("of a job that has succeeded, a change of", () => {
  // The API server's own limit of a Pod, and what a pod's node or Pod Security decides, are rejected.
  const rejected = ["resources.processes", "resources.lockedMemory", "resources.stack", "mounts"];
  const fields = Object.entries(JOB_FIELDS).filter(([field]) => !rejected.includes(field));

  test.each(fields)("%s", async (_, { runsAgain, change }) => {
    const stands = await job({ container: JOB_CONTAINER });
    const before = templateOf(engine, JOB, "load");
    await job((redis) => ({ container: JOB_CONTAINER, ...change(redis) }), stands);
    if (runsAgain) expect(templateOf(engine, JOB, "load")).not.toEqual(before);
    else expect(templateOf(engine, JOB, "load")).toEqual(before);
  });
});

describe("a run", () => {
  const run = async (...asked: Parameters<typeof job>) => {
    await job(...asked);
    return annotations()["mlstack.dev/run"];
  };

  test("is on the Job and on its pod, which makes another run of it", async () => {
    const first = await run();
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(templateOf(engine, JOB, "load").metadata?.annotations).toEqual({ "mlstack.dev/run": first, "mlstack.dev/retry-of": "" });
  });

  test.each([
    ["another image", container({ image: "shop:2" })],
    ["another command", container({ command: ["load", "--all"] })],
    ["another variable", container({ env: { A: "1" } })],
    ["another input", { inputs: { data: "2" } }],
  ])("is another one with %s", async (_, changes) => expect(await run(changes)).not.toBe(await run()));

  test("is the same one with other limits, another place and another budget", async () => {
    const changes = { placement: { nodeSelector: { a: "b" } }, deadline: "1h" as const, startBudget: "1h" as const };
    expect(await run({ ...container({ resources: { cpu: 2 } }), ...changes })).toBe(await run());
  });

  test("is the same one with another login at the registry", async () => {
    const registry = { address: "registry.example.com", username: "me", password: "hunter2" };
    await job({}, {}, { registry });
    // Its object has another name with each password: a template that said that name would be another run.
    expect(JSON.stringify(templateOf(engine, JOB, "load"))).not.toContain("registry-0a1b2c3d");
  });

  test("follows the object of a secret, whose name changes with the value", async () => {
    const reading = async (secret: string) => {
      await onKubernetes(engine, (platform, opts) => {
        const value = secretValue(platform.secret(secret, { values: { key: "hunter2" } }, opts), "key");
        platform.job("load", aJobSpec(container({ env: { A: value } })), opts);
      });
      return annotations()["mlstack.dev/run"];
    };
    expect(await reading("one")).not.toBe(await reading("two"));
  });
});

describe("sizes", () => {
  const small = {
    resources: { cpu: 2, memory: "1Gi" },
    scratch: { "/tmp": "1Mi" },
    sharedMemory: "2Mi",
    stopGrace: "7s",
    user: { uid: 7, gid: 8 },
  };
  const large = { resources: { cpu: 4, memory: "4Gi", reservation: { cpu: 1 } }, sharedMemory: "9Mi" };
  const there = { nodeSelector: { pool: "a" }, tolerations: [{ key: "spot" }] };

  test("are those of the existing run, so that a limit does not run work again that is done", async () => {
    const stands = await job({ ...container(small), placement: there });
    const before = engine.inputs(JOB, "load");
    await job({ ...container(large), placement: { nodeSelector: { pool: "b" } } }, stands);
    expect(engine.inputs(JOB, "load")).toEqual(before);
    expect(containerOf(engine, JOB, "load").resources?.limits).toEqual({ cpu: "2000m", memory: "1Gi" });
    expect(templateOf(engine, JOB, "load").spec).toMatchObject({
      nodeSelector: { pool: "a" },
      terminationGracePeriodSeconds: 7,
      securityContext: { runAsUser: 7 },
    });
  });

  test.each([
    ["failed", FAILED],
    ["found no place to start", { active: 1 }],
  ])("are the new ones when the existing run has %s, which they may fix", async (_, status) => {
    const stands = await job({ ...container(small), placement: there }, {}, {}, status);
    await job({ ...container(large), placement: { nodeSelector: { pool: "b" } } }, stands);
    expect(containerOf(engine, JOB, "load").resources?.limits).toEqual({ cpu: "4000m", memory: "4Gi" });
    expect(templateOf(engine, JOB, "load").spec).toMatchObject({ nodeSelector: { pool: "b" } });
  });

  test("stay those of a run that goes on", async () => {
    const stands = await job(container(small), {}, {}, { active: 1, ready: 1 });
    await job(container(large), stands);
    expect(containerOf(engine, JOB, "load").resources?.limits).toEqual({ cpu: "2000m", memory: "1Gi" });
  });

  test("that a run of an older version lacks are the new ones, beside those that it has", async () => {
    const { objects } = await job(container(small));
    const [found] = objects.values();
    if (found === undefined) throw new Error("no job");
    const { metadata, ...rest } = found;
    const { sharedMemory: _, ...older } = JSON.parse(metadata.annotations?.["mlstack.dev/sizes"] ?? "");
    const annotations = { ...metadata.annotations, "mlstack.dev/sizes": JSON.stringify(older) };
    await job(container(large), existing("Job", "load", { ...rest, annotations }));
    const folders = templateOf(engine, JOB, "load").spec.volumes?.map(({ emptyDir }) => emptyDir?.sizeLimit);
    expect(folders).toEqual(["1Mi", "9Mi"]);
    expect(containerOf(engine, JOB, "load").resources?.limits).toEqual({ cpu: "2000m", memory: "1Gi" });
  });

  test("are the new ones when the work runs again", async () => {
    const stands = await job({ ...container(small), placement: there });
    await job({ ...container(large), inputs: { data: "2" } }, stands);
    expect(containerOf(engine, JOB, "load").resources).toEqual({
      limits: { cpu: "4000m", memory: "4Gi" },
      requests: { cpu: "1000m", memory: "4Gi" },
    });
    expect(templateOf(engine, JOB, "load").spec).not.toHaveProperty("nodeSelector");
    expect(JSON.parse(annotations()["mlstack.dev/sizes"] ?? "")).toMatchObject({ sharedMemory: "9Mi", placement: { nodeSelector: {} } });
  });
});

describe("a retry", () => {
  const failed = { status: { conditions: [{ type: "Failed", status: "True" }] } };
  const retry = () => templateOf(engine, JOB, "load").metadata?.annotations?.["mlstack.dev/retry-of"];

  test("follows a failure, is left alone after its success, and follows its own failure", async () => {
    await job({}, existing("Job", "load", failed));
    expect(retry()).toBe("uid-of-load");
    const repeated = existing("Job", "load", { spec: engine.inputs(JOB, "load")["spec"] as Record<string, unknown> });
    await job({}, repeated);
    expect(retry()).toBe("uid-of-load");
    const [object] = repeated.objects.values();
    expect(object && retryOf({ ...object, metadata: { ...object.metadata, uid: "second" }, ...failed })).toBe("second");
  });

  test("is none while the first run has not failed", async () => {
    await job({}, existing("Job", "load", { status: { conditions: [{ type: "Failed", status: "False" }], failed: 1 } }));
    expect(retry()).toBe("");
  });
});

test("never takes over a Job of something else", async () => {
  const view = existing("Job", "load", { labels: {} });
  expect(await refusalOf(engine, (platform, opts) => platform.job("load", aJobSpec(), opts), {}, view)).toContain(
    'Job "load": is in namespace "shop-test" already and belongs to something else',
  );
});
