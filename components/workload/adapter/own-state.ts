import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { type Place, placeIn } from "./place.ts";

/** What the stack's state has of one resource. */
export interface Recorded {
  readonly place: Place;
  /** Its outputs after the last deployment that touched it, finished or not. Secrets among them are open: show none. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

const answer = z.object({ outputs: z.record(z.string(), z.object({ outputs: z.record(z.string(), z.unknown()).catch({}) })) });

/**
 * What the state of this stack says that its deployments have made, as it was when this one began. It is known before
 * anything is registered, also in a preview, and also after a deployment that was interrupted.
 *
 * @throws Error when the state cannot be read
 */
export async function ownState(): Promise<readonly Recorded[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { outputs } = answer.parse(await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }));
  return Object.entries(outputs).map(([urn, resource]) => ({ place: placeIn(urn), outputs: resource.outputs }));
}
