import * as pulumi from "@pulumi/pulumi";

import { placeOf } from "../workload/adapter/index.ts";

/** The place that declares a resource, known once it is registered; nothing that uses it has to wait for its children too. */
export function placeOfResource({ urn }: pulumi.Resource, admitted: Promise<void>): pulumi.Output<string> {
  return pulumi.output(admitted.then(() => new Promise<string>((resolve) => urn.apply((known) => resolve(placeOf(known))))));
}
