import type Docker from "dockerode";
import { beforeAll, describe, expect, test } from "vitest";

import { refuseFailed } from "../../components/docker/given-up.ts";
import { RENEWAL_LABEL } from "../../components/docker/labels.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { aDetail, aRecord, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec } from "../support/specs.ts";

let mock: MockEngine;
beforeAll(async () => {
  mock = await MockEngine.start();
});

/** An engine whose containers are in the given states. */
const engineOf = (states: Record<string, object>) => ({
  inspect: async (name: string) =>
    name in states
      ? ({
          Name: name,
          RestartCount: 3,
          State: { Error: "", OOMKilled: false, ...states[name] },
          HostConfig: { Memory: 160 * 1024 ** 2 },
        } as Docker.ContainerInspectInfo)
      : undefined,
  lastLines: async () => ["step 1", "boom"],
});
const members = {
  gang: "ring",
  memorySetting: "training.resources.memory",
  containers: new Map([0, 1].map((index) => [`ring-${index}`, `shop-ring-${index}`])),
};

describe("a gang", () => {
  test("of which a member has failed for good is said, with its last lines and the remedy", async () => {
    const engine = engineOf({ "shop-ring-0": { Status: "running" }, "shop-ring-1": { Status: "exited", ExitCode: 3 } });
    await expect(refuseFailed(engine, members)).rejects.toThrow(
      'gang "ring" has failed: ring-1 ended with exit code 3 after 3 restarts, and is not started again; its last 2 log lines:\n    step 1\n    boom\n' +
        "  Fix the cause and deploy again: a changed gang starts again; to start it as it is, first `docker rm -f shop-ring-0 shop-ring-1`.",
    );
  });

  test("that was short of memory is said to need more", async () => {
    const engine = engineOf({ "shop-ring-0": { Status: "exited", ExitCode: 137, OOMKilled: true } });
    await expect(refuseFailed(engine, members)).rejects.toThrow("Raise training.resources.memory and deploy again");
  });

  test("that trains, begins again or has ended well is left alone", async () => {
    const engine = engineOf({ "shop-ring-0": { Status: "restarting", ExitCode: 3 }, "shop-ring-1": { Status: "exited", ExitCode: 0 } });
    await expect(refuseFailed(engine, members)).resolves.toBeUndefined();
  });
});

describe("a member that has used all its restarts", () => {
  const place = { types: ["mlstack:docker:Platform", "mlstack:docker:Gang", CONTAINER], name: "ring-0" };
  const policy = { restart: "on-failure", maxRetryCount: 3 };
  const renewal = async (memory: `${number}Mi`) => {
    const before = aRecord({ place, name: "shop-ring-0", ...policy });
    const now = aDetail({ name: "shop-ring-0", status: "exited", exitCode: 1, restarts: 3, restart: { name: "on-failure", maximum: 3 } });
    const spec = aGangSpec({ size: 1, maxRestarts: 3, container: { image: "a", resources: { cpu: 1, memory } } });
    const view = { details: new Map([[before.id, now]]) };
    await onDocker(mock, (platform, opts) => platform.gang("ring", spec, opts), view, {}, NO_WAITS, { containers: [before] });
    const labels = mock.inputs(CONTAINER, "ring-0")["labels"] as { label: string; value: string }[];
    return labels.find(({ label }) => label === RENEWAL_LABEL)?.value;
  };

  test("stays as it is", async () => expect(await renewal("512Mi")).toBeUndefined());
  test("is started again with other limits, which would be changed in place", async () => expect(await renewal("600Mi")).toBe("1"));
});
