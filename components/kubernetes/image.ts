import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import * as k8s from "./provider.ts";

const DIGEST = /@sha256:[0-9a-f]{64}$/;

/**
 * An image by digest: built on this machine's Docker engine and pushed to the platform's registry, or given. Nodes pull
 * it when the first container needs it.
 */
export class KubernetesImage extends pulumi.ComponentResource implements w.Image {
  readonly kind = "image";
  readonly name: string;
  readonly reference: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.ImageSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Image", name, {}, opts);
    this.name = name;
    this.resource = this;
    const owner = { kind: "image", name, resource: this };
    const spec = w.parse(owner, w.imageSpec, given);
    const { pinnedImages, registry } = context.settings;

    if ("reference" in spec) {
      if (pinnedImages && typeof spec.reference === "string" && !DIGEST.test(spec.reference)) w.refuse(owner, [notPinned(spec.reference)]);
      this.reference = pulumi.output(spec.reference);
    } else {
      if (registry === undefined) w.refuse(owner, [nowhere()]);
      this.reference = this.pushed(context, name, spec.build, registry);
    }
    // Not the reference: a refused image would then fail here first, in words that are not ours.
    this.registerOutputs({});
  }

  private pushed(
    context: KubernetesContext,
    name: string,
    build: Extract<w.CompleteImage, { build: unknown }>["build"],
    registry: NonNullable<KubernetesContext["settings"]["registry"]>,
  ): pulumi.Output<string> {
    const { context: folder, dockerfile, args, target, ...rest } = build;
    w.nothingLeft(rest);
    const repository = `${registry.address}/${name}`;
    const options = { parent: this, provider: context.registry(registry) };
    const image = new k8s.RemoteImage(
      name,
      {
        // The tag follows from the content: the same sources are neither built nor pushed again.
        name: context.admission.once(`${repository}:${w.contentTag(build)}`),
        keepLocally: true,
        build: { context: folder, dockerfile, buildArgs: args, ...(target === undefined ? {} : { target }), forceRemove: true },
      },
      options,
    );
    const { username, password } = registry;
    const login =
      username === undefined || password === undefined ? {} : { authConfig: { address: urlOf(registry.address), username, password } };
    const pushed = new k8s.RegistryImage(
      name,
      { name: image.name, keepRemotely: true, ...login },
      // The provider would keep the password readable in the state (pulumi-docker issue 643).
      { ...options, additionalSecretOutputs: ["authConfig"] },
    );
    return pulumi.interpolate`${repository}@${pushed.sha256Digest}`;
  }
}

/** `registry.example.com:5000` of `registry.example.com:5000/team`. */
export function hostOf(registry: string): string {
  return registry.split("/")[0] ?? registry;
}

/** As the image provider wants it: engines speak plain HTTP to a registry of their own machine, and TLS to any other. */
export function urlOf(registry: string): string {
  const host = hostOf(registry);
  return /^(localhost|127\.[\d.]+)(:\d+)?$/.test(host) ? `http://${host}` : `https://${host}`;
}

function notPinned(reference: string): w.Mistake {
  return {
    path: "reference",
    message: `must name the image by digest (${reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "")}@sha256:…), got "${reference}"; \`docker buildx imagetools inspect ${reference}\` shows the digest, and platform.pinnedImages: false allows tags`,
  };
}

function nowhere(): w.Mistake {
  const remedy = "set platform.registry.address, to which it is pushed, or give the reference of an image that is there";
  return w.unsupported("build", "Kubernetes without a registry", remedy);
}
