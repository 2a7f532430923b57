import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import type { Engine } from "./engine.ts";
import * as docker from "./provider.ts";

/** An image on the engine: built from source under a tag that follows from the content, or fetched when it is missing. */
export class DockerImage extends pulumi.ComponentResource implements w.Image {
  readonly kind = "image";
  readonly name: string;
  readonly reference: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, engine: Engine, name: string, given: w.ImageSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Image", name, {}, opts);
    this.name = name;
    this.resource = this;
    const spec = w.parse({ kind: "image", name, resource: this }, w.imageSpec, given);

    if ("reference" in spec) context.admission.require(missing(engine, name, spec.reference));
    const image = new docker.RemoteImage(name, imageArgs(context, name, spec), { parent: this });
    this.reference = image.name;
    // Not the reference: a refused image would then fail here first, in words that are not ours.
    this.registerOutputs({});
  }
}

/** Inputs of the image; it stays on the engine after a destroy, since other stacks may run from it. */
export function imageArgs(context: DockerContext, name: string, spec: w.CompleteImage): docker.RemoteImageArgs {
  if ("reference" in spec) return { name: admitted(context, spec.reference), keepLocally: true };
  const { context: folder, dockerfile, args, target, ...rest } = spec.build;
  w.nothingLeft(rest);
  return {
    name: context.admission.once(`mlstack/${name}:${w.contentTag(spec.build)}`),
    keepLocally: true,
    build: { context: folder, dockerfile, buildArgs: args, ...(target === undefined ? {} : { target }), forceRemove: true },
  };
}

function admitted({ admission }: DockerContext, reference: pulumi.Input<string>): pulumi.Output<string> {
  return typeof reference === "string" ? admission.once(reference) : pulumi.output(reference).apply((text) => admission.once(text));
}

/** Refuses a reference that is neither on the engine nor at its registry. An Output cannot be looked up beforehand. */
async function missing(engine: Engine, name: string, reference: pulumi.Input<string>): Promise<w.Mistake | undefined> {
  if (typeof reference !== "string" || (await engine.hasImage(reference))) return undefined;
  const reason = await engine.registryRefusal(reference);
  if (reason === undefined) return undefined;
  return {
    path: `image "${name}"`,
    message: `"${reference}" is not on this engine, and its registry does not offer it (${reason}); correct the reference, log in (\`docker login\`), or build it`,
  };
}
