import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import type { Engine } from "./engine.ts";
import * as docker from "./provider.ts";

/** An image on the engine: built from source under a tag that follows from the content, or pulled when it is missing. */
export class DockerImage extends w.Noun<"image"> implements w.Image {
  readonly reference: pulumi.Output<string>;

  constructor(context: DockerContext, engine: Engine, name: string, given: w.ImageSpec, opts: w.ChildOptions) {
    const owner = { kind: "image", name };
    const spec = w.parse(owner, w.imageSpec, given);
    const { args, hooks = {} } = imageOf(context, owner, spec);
    if ("reference" in spec) context.admission.require(missing(engine, name, spec.reference));
    super(context, "image", name, opts);

    this.reference = new docker.RemoteImage(name, args, { parent: this, hooks: { ...hooks, onError: [context.hooks.whyItFailed] } }).name;
    // Not the reference: a refused image would then fail here first, in words that are not ours.
    this.registerOutputs({});
  }
}

/** Inputs of the image; it stays on the engine after a destroy, since other stacks may run from it. */
function imageOf(context: DockerContext, owner: w.Owner, spec: w.CompleteImage) {
  if ("reference" in spec) return { args: { name: spec.reference, keepLocally: true } };
  const { base, ...build } = spec.build;
  const { tag, build: built, hooks } = context.builds.add(owner, build, base === undefined ? undefined : baseOf(base));
  return { args: { name: pulumi.interpolate`mlstack/${owner.name}:${tag}`, keepLocally: true, build: built }, hooks };
}

function baseOf(base: w.Image | pulumi.Input<string>): w.BaseImage {
  if (!w.isImage(base)) return { reference: base, identity: base };
  if (base instanceof DockerImage) return { reference: base.reference, identity: base.reference };
  w.foreignHandle(base);
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
