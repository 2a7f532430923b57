import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { registryUrlOf, repositoryOf } from "../workload/reference.ts";
import type { KubernetesContext } from "./context.ts";
import * as k8s from "./provider.ts";

const DIGEST = /@sha256:[0-9a-f]{64}$/;

/**
 * An image by digest: built on this machine's Docker engine and pushed to the platform's registry, or given. Nodes pull
 * it when the first container needs it. One that is only the base of others is not pushed.
 */
export class KubernetesImage extends w.Noun<"image"> implements w.Image {
  /** For images that are built on it. */
  readonly base: w.BaseImage;
  private readonly push: () => pulumi.Output<string>;
  private pushed: pulumi.Output<string> | undefined;

  constructor(context: KubernetesContext, name: string, given: w.ImageSpec, opts: w.ChildOptions) {
    const owner = { kind: "image", name };
    const spec = w.parse(owner, w.imageSpec, given);
    const { pinnedImages, registry } = context.settings;
    if ("reference" in spec) {
      if (pinnedImages && typeof spec.reference === "string" && !DIGEST.test(spec.reference)) w.refuse(owner, [notPinned(spec.reference)]);
      super(context, "image", name, opts);
      this.base = { reference: spec.reference, identity: spec.reference };
      this.push = () => pulumi.output(spec.reference);
      if (typeof spec.reference === "string") context.admission.require(context.checks.image(`image "${name}"`, spec.reference));
    } else {
      if (registry === undefined) w.refuse(owner, [nowhere()]);
      const build = buildOf(context, owner, spec.build);
      super(context, "image", name, opts);
      const image = this.built(context, build, registry);
      // Not the whole name: the registry that an image goes to is no part of its content.
      this.base = { reference: image.name, identity: image.name.apply((text) => text.slice(text.lastIndexOf("/") + 1)) };
      this.push = () => this.pushedTo(context, image, registry);
    }
    // Not the reference: a refused image would then fail here first, in words that are not ours.
    this.registerOutputs({});
  }

  /** Pushes the image when it is first asked for. */
  get reference(): pulumi.Output<string> {
    this.pushed ??= this.push();
    return this.pushed;
  }

  private built(context: KubernetesContext, { tag, build, hooks }: w.ImageBuild, registry: Registry): k8s.RemoteImage {
    return new k8s.RemoteImage(
      this.name,
      // The tag follows from the content: the same sources are neither built nor pushed again.
      { name: pulumi.interpolate`${registry.address}/${this.name}:${tag}`, keepLocally: true, build },
      { parent: this, provider: context.registry(registry), hooks },
    );
  }

  private pushedTo(context: KubernetesContext, image: k8s.RemoteImage, registry: Registry): pulumi.Output<string> {
    const { address, username, password } = registry;
    context.admission.require(context.checks.push(this.name));
    const login =
      username === undefined || password === undefined ? {} : { authConfig: { address: registryUrlOf(address), username, password } };
    const pushed = new k8s.RegistryImage(
      this.name,
      { name: image.name, keepRemotely: true, ...login },
      // The provider would keep the password readable in the state (pulumi-docker issue 643).
      { parent: this, provider: context.registry(registry), additionalSecretOutputs: ["authConfig"], hooks: context.builds.pushing },
    );
    return pulumi.interpolate`${address}/${this.name}@${pushed.sha256Digest}`;
  }
}

type Registry = NonNullable<KubernetesContext["settings"]["registry"]>;

function buildOf(context: KubernetesContext, owner: w.Owner, { base, ...build }: w.CompleteBuild): w.ImageBuild {
  return context.builds.add(owner, build, base === undefined ? undefined : baseOf(base));
}

function baseOf(base: w.Image | pulumi.Input<string>): w.BaseImage {
  if (!w.isImage(base)) return { reference: base, identity: base };
  if (base instanceof KubernetesImage) return base.base;
  w.foreignHandle(base);
}

function notPinned(reference: string): w.Mistake {
  return {
    path: "reference",
    message: `must name the image by digest (${repositoryOf(reference)}@sha256:…), got "${reference}"; \`docker buildx imagetools inspect ${reference}\` shows the digest, and platform.pinnedImages: false allows tags`,
  };
}

function nowhere(): w.Mistake {
  const remedy =
    "set platform.registry.address, to which it is pushed (`npm run registry` starts one on this machine for a trial), or give the reference of an image that is there";
  return w.unsupported("build", "Kubernetes without a registry", remedy);
}
