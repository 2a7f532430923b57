import * as pulumi from "@pulumi/pulumi";

import { DeclaredObject, type Ground } from "./declared.ts";
import { JOBS, labelsOf, OBJECTS, ownName } from "./labels.ts";
import * as k8s from "./provider.ts";
import type { Owner } from "./truth.ts";

/** Name of the object in which a deployment notes what it declared. */
export function recordName(): string {
  return `${ownName()}-deployed`;
}

/**
 * Registers the note, in an object that is written when all else of the deployment exists and keeps its promises. It goes with
 * the namespace: what it says of is gone then as well.
 */
export function noteDeployment(
  ground: Ground,
  owner: Owner,
  opts: pulumi.CustomResourceOptions & { namespace: pulumi.Input<string> },
): void {
  const { admission, truth, stack } = ground;
  const { namespace, ...others } = opts;
  const object = new DeclaredObject(ground, owner, "ConfigMap", recordName());
  const whole = admission.admitted();
  const annotations = {
    [OBJECTS]: pulumi.output(whole.then(() => JSON.stringify(truth.objects))),
    [JOBS]: pulumi.output(whole.then(() => pulumi.output(truth.jobs))).apply((jobs) => JSON.stringify(jobs)),
  };
  const inputs = object.inputs({ name: recordName(), namespace, labels: labelsOf(stack), annotations }, {});
  const dependsOn = whole.then(() => truth.complete());
  new k8s.ConfigMap("deployed", inputs, { ...others, ...object.options(), dependsOn });
}
