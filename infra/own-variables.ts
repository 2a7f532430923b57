import type { z } from "zod";

import type { ReferenceImage } from "../components/reference-images.ts";
import { type Rules, rulesOf, variableMistakes } from "./variables.ts";

/** Variables that a stack file gives to one program of a reference image. */
interface Given {
  /** Where the file says them. */
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, unknown>> | undefined;
  readonly image: ReferenceImage;
}

/** The settings' classes of the programs, by the place of their variables; of the servers by their image. */
const PROGRAMS: Readonly<Record<string, readonly [workload: string, settings: string]>> = {
  "features.build.env": ["features", "features.build:Settings"],
  "features.load.env": ["features", "features.load:Settings"],
  "features.api.env": ["feature-api", "feature_api.settings:Settings"],
  "training.env": ["trainer", "trainer.settings:Settings"],
  "experiments.env": ["model-trainer", "model_trainer.settings:Settings"],
  "feast.build.env": ["feast", "feast_store.build:Settings"],
  "model-server": ["model-server", "model_server.settings:Settings"],
  "model-server-feast": ["model-server", "model_server.settings:Settings"],
  "image-classifier": ["image-classifier", "image_classifier.settings:Settings"],
  "image-api": ["image-api", "image_api.settings:Settings"],
  "image-api-dev": ["image-api", "image_api.settings:Settings"],
};

/** The part of a stack's settings that is read here. */
export interface WithVariables {
  readonly images: Readonly<Partial<Record<ReferenceImage, unknown>>>;
  readonly features?: Record<"build" | "load" | "api", { env: Record<string, unknown> }> | undefined;
  readonly training?: { env: Record<string, unknown>; command?: unknown } | undefined;
  readonly experiments?: { env: Record<string, unknown> } | undefined;
  readonly feast?: { build: { env: Record<string, unknown> } } | undefined;
  readonly serving: Readonly<Record<string, Server>>;
}

interface Server {
  readonly image?: unknown;
  readonly feast: boolean;
  readonly server: { readonly env: Record<string, unknown>; readonly command?: unknown };
}

/** Reports variables that a reference image would refuse when it starts. Another image, or another program of it, has rules of its own. */
export function checkVariables(settings: WithVariables, context: Pick<z.core.$RefinementCtx, "addIssue">): void {
  for (const { path, env, image } of givenIn(settings)) {
    if (env === undefined || settings.images[image] !== undefined) continue;
    for (const { name, message } of variableMistakes(env, rulesFor(path, image)))
      context.addIssue({ code: "custom", path: [...path, name], message });
  }
}

function rulesFor(path: readonly string[], image: ReferenceImage): Rules {
  const [workload, settings] = PROGRAMS[path.join(".")] ?? PROGRAMS[image] ?? [];
  return workload === undefined || settings === undefined ? {} : rulesOf(workload, settings);
}

function givenIn({ features, training, experiments, feast, serving }: WithVariables): Given[] {
  return [
    { path: ["features", "build", "env"], env: features?.build.env, image: "features" },
    { path: ["features", "load", "env"], env: features?.load.env, image: "features" },
    { path: ["features", "api", "env"], env: features?.api.env, image: "feature-api" },
    { path: ["training", "env"], env: training?.command === undefined ? training?.env : undefined, image: "trainer" },
    { path: ["experiments", "env"], env: experiments?.env, image: "model-trainer" },
    { path: ["feast", "build", "env"], env: feast?.build.env, image: "feast" },
    ...Object.entries(serving).flatMap(([name, { image, feast: entities, server }]): Given[] => {
      const reference = image === undefined ? (entities ? "model-server-feast" : "model-server") : referenceOf(image);
      if (reference === undefined || server.command !== undefined) return [];
      return [{ path: ["serving", name, "server", "env"], env: server.env, image: reference }];
    }),
  ];
}

function referenceOf(image: unknown): ReferenceImage | undefined {
  return typeof image === "object" && image !== null && "reference" in image ? (image.reference as ReferenceImage) : undefined;
}
