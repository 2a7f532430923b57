import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import type { DockerPlatform } from "../../components/docker/platform.ts";
import { recordIn } from "../../components/docker/record.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { aContainer, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { type FieldChange, JOB_CONTAINER, JOB_FIELDS } from "../support/job-fields.ts";
import { aJobSpec, aServiceSpec } from "../support/specs.ts";

const JOB = "mlstack:docker:Job";
const place = (...types: string[]) => ({ types: ["mlstack:docker:Platform", ...types], name: "load" });

let engine: MockEngine;
/** What the provider notes of a container that ran the job of `JOB_CONTAINER`, once it has ended. */
let ran: { readonly inputs: Record<string, unknown>; readonly fingerprint: string };
beforeAll(async () => {
  engine = await MockEngine.start();
  const job = await declare(() => ({}), []);
  const fingerprint = await new Promise<string>((resolve) => job.fingerprint.apply(resolve));
  ran = { inputs: engine.inputs(CONTAINER, "load"), fingerprint };
});

type Change = FieldChange["change"];
type Ended = number | "pruned";

/** Asks for the job with a change, on an engine whose state has the given things. */
function declare(change: Change, state: Parameters<typeof recordIn>[0], ended: Ended = 0) {
  const containers = ended === "pruned" || state.length === 0 ? [] : [["shop-load", aContainer({ id: "c1", exitCode: ended })] as const];
  const view = { containers: new Map(containers), runtimes: ["runc", "nvidia"] };
  const ask = (platform: DockerPlatform, opts: { parent: pulumi.Resource }) => {
    const redis = platform.service("redis", aServiceSpec(), opts);
    return platform.job("load", aJobSpec({ container: JOB_CONTAINER, ...change(redis) }), opts);
  };
  return onDocker(engine, ask, view, {}, NO_WAITS, recordIn(state));
}

/** Its container's arguments after that change, where `ran` has ended so. */
async function changed(change: Change, ended: Ended = 0) {
  const outputs = { id: "c1", exitCode: 0, cpuShares: 0, memoryReservation: 0, dns: null, gpus: null, ...ran.inputs };
  const state = [
    { place: place(JOB), outputs: { fingerprint: ran.fingerprint } },
    { place: place(JOB, CONTAINER), outputs },
  ];
  await declare(change, state, ended);
  return engine.inputs(CONTAINER, "load");
}
const limits = (resources: object) => () => ({ container: { ...JOB_CONTAINER, resources: { ...JOB_CONTAINER.resources, ...resources } } });

describe("of a job that has succeeded, a change of", () => {
  test.each(Object.entries(JOB_FIELDS))("%s", async (_, { runsAgain, change }) => {
    if (runsAgain) expect(await changed(change)).not.toEqual(ran.inputs);
    else expect(await changed(change)).toEqual(ran.inputs);
  });

  test("a limit is left alone when its container was pruned, which could not be changed", async () => {
    expect(await changed(limits({ memory: "2Gi" }), "pruned")).toEqual(ran.inputs);
  });

  test("a limit comes with the next run", async () => {
    expect(await changed(() => ({ ...limits({ memory: "2Gi", processes: 100 })(), inputs: { data: "2" } }))).toMatchObject({
      memory: 2048,
      memorySwap: 2048,
      ulimits: [{ name: "nproc", soft: 100, hard: 100 }],
    });
  });
});

test("of a job that has failed, a change of a limit is taken: it may be the remedy", async () => {
  expect(await changed(limits({ memory: "2Gi" }), 137)).toMatchObject({ memory: 2048 });
});
