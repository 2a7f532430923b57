import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import { builderOf } from "../build/builder.ts";
import { copyBuild, copyOf } from "../build/copy.ts";
import { proxyArgs } from "../build/proxy.ts";
import { type Build, contentTag, tagOn } from "../build/tag.ts";
import type { CompleteBuild } from "../image.ts";
import { type Owner, refuse } from "../refuse.ts";
import { nothingLeft } from "./refuse.ts";

/** The image that another one is built on. */
export interface BaseImage {
  /** As the engine that builds finds it. */
  readonly reference: pulumi.Input<string>;
  /** What stands for its content in the tags of all that is built on it. */
  readonly identity: pulumi.Input<string>;
}

/** An image to build, as Docker's provider takes it. */
export interface ImageBuild {
  /** Follows from all that goes into the image, and from nothing else. */
  readonly tag: pulumi.Output<string>;
  readonly build: {
    readonly context: string;
    readonly dockerfile: string;
    readonly buildArgs: Readonly<Record<string, pulumi.Input<string>>>;
    readonly target?: string;
    readonly forceRemove: true;
    readonly useLegacyBuilder?: true;
  };
  /** Of the image's resource. */
  readonly hooks: { readonly beforeCreate: pulumi.ResourceHook[]; readonly afterCreate: pulumi.ResourceHook[] };
}

/** The builds of one platform. Sources are copied when an image is really built, and the copy is removed after it. */
export class ImageBuilds {
  private readonly builds = new Map<string, Build>();
  private hooks: ImageBuild["hooks"] | undefined;
  private pushHooks: ImageBuild["hooks"] | undefined;

  /** Files that cannot be read are a mistake of `owner`. */
  add(owner: Owner, spec: Omit<CompleteBuild, "base">, base: BaseImage | undefined): ImageBuild {
    const { context, dockerfile, args, target, ...rest } = spec;
    nothingLeft(rest);
    const own = tagOrRefusal(owner, spec);
    const folder = join(copies(), idOf([pulumi.getProject(), pulumi.getStack(), owner.name, resolve(context), dockerfile, target ?? ""]));
    const copy = copyOf(spec, folder);
    this.builds.set(copy.context, spec);
    return {
      tag: base === undefined ? pulumi.output(own) : pulumi.output(base.identity).apply((identity) => tagOn(own, identity)),
      build: {
        ...copy,
        buildArgs: { ...proxyArgs(), ...args, ...(base === undefined ? {} : { BASE: base.reference }) },
        ...(target === undefined ? {} : { target }),
        forceRemove: true,
        ...builderOf(),
      },
      hooks: this.copying(),
    };
  }

  /** Of the resource that pushes an image, which may take minutes: a line says when it begins and ends. */
  get pushing(): ImageBuild["hooks"] {
    const says = (name: string, what: (image: string) => string) =>
      new pulumi.ResourceHook(name, async ({ newInputs }) => pulumi.log.info(what(String(newInputs?.["name"]))));
    this.pushHooks ??= {
      beforeCreate: [says("mlstack-push-begins", (image) => `pushing ${image}; the first time this takes as long as its size needs`)],
      afterCreate: [says("mlstack-push-ends", (image) => `pushed ${image}`)],
    };
    return this.pushHooks;
  }

  private copying(): ImageBuild["hooks"] {
    this.hooks ??= {
      beforeCreate: [
        new pulumi.ResourceHook("mlstack-copy-sources", async ({ newInputs }) => {
          const context = await contextIn(newInputs);
          const build = this.builds.get(context);
          if (build !== undefined) copyBuild(build, dirname(context));
        }),
      ],
      afterCreate: [
        new pulumi.ResourceHook("mlstack-remove-sources", async ({ newInputs }) => {
          const context = await contextIn(newInputs);
          if (this.builds.has(context)) rmSync(dirname(context), { recursive: true, force: true });
        }),
      ],
    };
    return this.hooks;
  }
}

function tagOrRefusal(owner: Owner, spec: Build): string {
  try {
    return contentTag(spec);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    refuse(owner, [
      {
        path: "build.context",
        message: `cannot be read: ${error.message}; correct it or its permissions, or leave it out by .dockerignore`,
      },
    ]);
  }
}

/** In the user's cache, most likely on the disk that the sources are on, so that no large file has to be copied. */
function copies(): string {
  const cache = process.env["MLSTACK_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mlstack");
  return join(cache, "sources");
}

function idOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** A secret inside of the build, such as a proxy's password, makes an Output of it. */
async function contextIn(inputs: Record<string, unknown> | undefined): Promise<string> {
  const given: pulumi.Output<unknown> = pulumi.output<unknown>(inputs?.["build"]);
  const build = await new Promise<unknown>((resolve) => given.apply(resolve));
  return typeof build === "object" && build !== null && "context" in build ? String(build.context) : "";
}
