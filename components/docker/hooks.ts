import * as pulumi from "@pulumi/pulumi";

import { jobFailure, LOG_LINES } from "../workload/adapter/index.ts";
import { fullDisk } from "./disk.ts";
import { endOf } from "./ends.ts";
import type { Engine } from "./engine.ts";
import type { Ownership } from "./owner.ts";

/** What the provider does not do around a change. Hooks run when something is created, never in a preview. */
export interface Hooks {
  /**
   * Removes a container of this stack that an interrupted deployment created but could not record; otherwise the next
   * deployment would fail on its name.
   */
  readonly clearLeftover: pulumi.ResourceHook;
  /** The same for the stack's network. */
  readonly clearLeftoverNetwork: pulumi.ResourceHook;
  /** Gives up ports of the stack that the new container takes over from another of its own. */
  readonly takePorts: pulumi.ResourceHook;
  /** The same for the addresses of a network. */
  readonly takeSubnet: pulumi.ResourceHook;
  /** Fails the deployment when a job ended with an error, which the provider regards as success. */
  readonly mustSucceed: pulumi.ResourceHook;
  /** Says so when something fails because the engine's disk is full, once for a deployment: for everything that the engine writes. */
  readonly whyItFailed: pulumi.ErrorHook;
}

/** Hooks that act on `engine` for what is `owner`'s. @param memorySettings settings of the jobs' memory limits, by job */
export function hooksFor(engine: Engine, owner: Ownership, memorySettings: ReadonlyMap<string, string>): Hooks {
  const handover = engine.handover(owner);
  let isSaid = false;
  return {
    whyItFailed: new pulumi.ErrorHook("mlstack-why-it-failed", async ({ errors }) => {
      const cause = await engine.disk().then(
        (disk) => fullDisk(errors, disk),
        () => undefined,
      );
      if (cause !== undefined && !isSaid) {
        isSaid = true;
        await pulumi.log.error(cause);
      }
      return false;
    }),
    takePorts: new pulumi.ResourceHook("mlstack-take-ports", ({ newInputs }) => handover.ports(newInputs)),
    takeSubnet: new pulumi.ResourceHook("mlstack-take-subnet", ({ newInputs }) => handover.subnet(newInputs)),
    clearLeftover: new pulumi.ResourceHook("mlstack-clear-leftover", async ({ newInputs }) => {
      const name = textOf(newInputs, "name");
      if (await engine.removeLeftover(name, owner)) {
        await pulumi.log.info(`removed container "${name}", left behind by an interrupted deployment`);
      }
    }),
    clearLeftoverNetwork: new pulumi.ResourceHook("mlstack-clear-leftover-network", async ({ newInputs }) => {
      const name = textOf(newInputs, "name");
      if (await engine.removeLeftoverNetwork(name, owner)) {
        await pulumi.log.info(`removed network "${name}", left behind by an interrupted deployment`);
      }
    }),
    mustSucceed: new pulumi.ResourceHook("mlstack-must-succeed", async ({ id, name, newOutputs }) => {
      const exitCode = Number(newOutputs?.["exitCode"] ?? Number.NaN);
      const [log, ended] = await Promise.all([engine.lastLines(id, LOG_LINES), engine.inspect(id)]);
      if (exitCode !== 0)
        throw new Error(jobFailure(name, ended === undefined ? { exitCode } : endOf(ended, memorySettings.get(name) ?? ""), log));
      await pulumi.log.info(`${name}: ${log.at(-1) ?? "succeeded"}`);
    }),
  };
}

function textOf(inputs: Record<string, unknown> | undefined, key: string): string {
  return String(inputs?.[key] ?? "");
}
