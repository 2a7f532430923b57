import * as pulumi from "@pulumi/pulumi";

/** Its type and name, by which a report finds it in a state. */
export const DEPLOYED = { type: "mlstack:index:Deployed", name: "deployed" } as const;

/**
 * What a finished deployment was given, kept in the state for the report of the next one. It is no resource of any provider,
 * and is registered when everything keeps its promise: a failed deployment leaves the settings before.
 */
export class Deployed extends pulumi.ComponentResource {
  /** @param settings without their secrets */
  constructor(settings: object, opts: pulumi.ComponentResourceOptions) {
    super(DEPLOYED.type, DEPLOYED.name, {}, opts);
    this.registerOutputs({ settings });
  }
}
