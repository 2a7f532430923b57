import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import { recordIn } from "../../components/docker/record.ts";
import { DockerSecret } from "../../components/docker/secret.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { NOTHING_DEPLOYED } from "../../components/kubernetes/existing.ts";
import { type Job, type Platform, type Secret, secretValue } from "../../components/workload/index.ts";
import { aContainer, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, existing, JOB, onKubernetes, templateOf } from "../support/kubernetes.ts";
import { aJobSpec, aServiceSpec } from "../support/specs.ts";

/** What a job reads, and how its last run has ended. */
interface Wish {
  readonly files: string;
  readonly password: string;
  readonly unread: string;
}
type End = "succeeded" | "failed" | "gone";

const WISH: Wish = { files: "one", password: "hunter2", unread: "a" };
/** What the release before this one noted for `WISH`: it hashed neither the content of files nor what a run repeats. */
const FORMER = { docker: "c85e1017bf59", kubernetes: "e7fa5e39a66f" };

/** A job that reads files and a secret, and a service that has read what the job has made. */
function ask(platform: Platform, opts: { parent: pulumi.Resource }, { files, password, unread }: Wish): { job: Job; secret: Secret } {
  const secret = platform.secret("login", { values: { password, unread } }, opts);
  const mounts = [{ files: platform.configFiles("config", { files: { "a.txt": files } }, opts), path: "/etc/a" }];
  const container = { image: "shop:1", command: ["make"], env: { PASSWORD: secretValue(secret, "password") }, mounts };
  const job = platform.job("make", aJobSpec({ container }), opts);
  platform.service("reader", aServiceSpec({ inputs: { made: job.fingerprint } }), opts);
  return { job, secret };
}

/** One deployment after another of a stack on one target. */
interface Deployments {
  /** What tells whether the reader is the same one after a deployment. @param ended how the job's last run has */
  deploy(wish: Partial<Wish>, ended?: End): Promise<unknown>;
  /** Makes the state one that the release before this one has left. */
  asFormerly(): void;
}

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const known = <T>(output: pulumi.Input<T>) =>
  new Promise<T>((resolve) => {
    (output as pulumi.Output<T>).apply(resolve);
  });

function dockerStack(): Deployments {
  const place = (...types: string[]) => ({ types: ["mlstack:docker:Platform", ...types], name: "make" });
  let state: Parameters<typeof recordIn>[0] = [];
  let runs = 0;
  return {
    async deploy(wish, ended = "succeeded") {
      const exitCode = ended === "failed" ? 1 : 0;
      const containers = runs === 0 || ended === "gone" ? [] : [["shop-make", lastRun(exitCode)] as const];
      const view = { containers: new Map(containers) };
      const { job, secret } = await onDocker(engine, (...on) => ask(...on, { ...WISH, ...wish }), view, {}, NO_WAITS, recordIn(state));
      if (!(secret instanceof DockerSecret)) throw new Error("no secret of Docker");
      const inputs = engine.inputs(CONTAINER, "make");
      const of = (all: Readonly<Record<string, pulumi.Output<string>>>) =>
        Promise.all(Object.entries(all).map(async ([key, one]) => [key, await known(one)])).then(Object.fromEntries);
      runs += 1;
      state = [
        { place: place("mlstack:docker:Job"), outputs: { fingerprint: await known(job.fingerprint) } },
        { place: place("mlstack:docker:Job", CONTAINER), outputs: { id: `run-${runs}`, exitCode: 0, ...inputs } },
        {
          place: { ...place("mlstack:docker:Secret"), name: "login" },
          outputs: { values: await of(secret.values), ids: await of(secret.ids) },
        },
      ];
      return engine.inputs(CONTAINER, "reader-0")["labels"];
    },
    asFormerly() {
      state = state.flatMap(({ place: { types, name }, outputs }) => {
        if (types.at(-1) === "mlstack:docker:Secret") return [];
        const isJob = types.at(-1) === "mlstack:docker:Job";
        return [{ place: { types, name }, outputs: isJob ? { fingerprint: FORMER.docker } : outputs }];
      });
    },
  };
  function lastRun(exitCode: number) {
    const labels = recordIn(state).containers[0]?.labels ?? {};
    return aContainer({ id: `run-${runs}`, exitCode, labels });
  }
}

function kubernetesStack(): Deployments {
  let made: { annotations: Record<string, string>; spec: object } | undefined;
  let deployed = NOTHING_DEPLOYED;
  return {
    async deploy(wish, ended = "succeeded") {
      const status = { conditions: [{ type: ended === "failed" ? "Failed" : "Complete", status: "True" }] };
      const there = [...deployed.objects].map((object) => existing("ConfigMap", object.replace("ConfigMap/", "")));
      if (made !== undefined && ended !== "gone") there.push(existing("Job", "make", { ...made, status }));
      const objects = new Map(there.flatMap((one) => [...one.objects]));
      await onKubernetes(engine, (...on) => void ask(...on, { ...WISH, ...wish }), {}, { objects, deployed });
      const { metadata, spec } = engine.inputs(JOB, "make") as { metadata: { annotations: Record<string, string> }; spec: object };
      made = { annotations: metadata.annotations, spec };
      const maps = engine.resources.filter(({ type }) => type.endsWith(":ConfigMap")).map(({ name }) => `ConfigMap/${name}`);
      deployed = { objects: new Set(maps), jobs: new Map([["make", made.annotations]]) };
      return templateOf(engine, DEPLOYMENT, "reader").metadata?.annotations;
    },
    asFormerly() {
      if (made === undefined) throw new Error("nothing was deployed");
      made = { ...made, annotations: { ...made.annotations, "mlstack.dev/run": FORMER.kubernetes } };
      deployed = { ...deployed, jobs: new Map([["make", made.annotations]]) };
    },
  };
}

describe.each([
  ["Docker", dockerStack],
  ["Kubernetes", kubernetesStack],
])("on %s, who has read what a job has made", (target, create) => {
  test("stays while the job is done, also when its run is gone", async () => {
    const stack = create();
    const before = await stack.deploy({});
    expect(await stack.deploy({})).toEqual(before);
    expect(await stack.deploy({}, "gone")).toEqual(before);
  });

  test("is renewed once when the content of a mounted file is another one", async () => {
    const stack = create();
    const before = await stack.deploy({});
    const after = await stack.deploy({ files: "two" });
    expect(after).not.toEqual(before);
    expect(await stack.deploy({ files: "two" })).toEqual(after);
    expect(await stack.deploy({ files: "two" }, "gone")).toEqual(after);
  });

  test("is renewed once for another value of a secret that the job reads, and for no other", async ({ skip }) => {
    skip(target === "Kubernetes", "the mocked cluster gives a secret one name for ever");
    const stack = create();
    const before = await stack.deploy({});
    expect(await stack.deploy({ unread: "b" })).toEqual(before);
    const after = await stack.deploy({ unread: "b", password: "hunter3" });
    expect(after).not.toEqual(before);
    expect(await stack.deploy({ unread: "b", password: "hunter3" })).toEqual(after);
    expect(await stack.deploy({ password: "hunter2" })).not.toEqual(after);
    expect(JSON.stringify(after)).not.toContain("hunter3");
  });

  test("is renewed when work that had failed half way is done again, though it is the work of before", async () => {
    const stack = create();
    const before = await stack.deploy({});
    await stack.deploy({ files: "two" });
    const again = await stack.deploy({}, "failed");
    expect(again).not.toEqual(before);
    expect(await stack.deploy({})).toEqual(again);
  });

  test.each(["succeeded", "gone"] as const)(
    "stays when this release takes over a job that has %s, and is renewed by the next change",
    async (end) => {
      const stack = create();
      const now = await stack.deploy({});
      stack.asFormerly();
      const before = await stack.deploy({}, end);
      expect(before).not.toEqual(now);
      expect(await stack.deploy({}, end)).toEqual(before);
      const after = await stack.deploy({ files: "two" }, end);
      expect(after).not.toEqual(before);
      expect(await stack.deploy({}, end)).not.toEqual(after);
    },
  );
});
