import type { z } from "zod";

import type { ReferenceImage } from "../components/reference-images.ts";
import { type Rules, rulesOf, variableMistakes } from "./variables.ts";

/** Variables that a stack file gives to one program of a reference image. */
interface Given {
  /** Where the file says them. */
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, unknown>> | undefined;
  readonly image: ReferenceImage;
  /** Which program of the image it is, where the place does not say. */
  readonly program?: string;
}

/** The settings' classes of the programs, by the place of their variables; of the servers by their image, of steps also by their first argument. */
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
  "wind-power history": ["wind-power", "wind_power.settings:History"],
  "wind-power train": ["wind-power", "wind_power.settings:Train"],
  "wind-power inference": ["wind-power", "wind_power.settings:Inference"],
  "wind-power stream": ["wind-power", "wind_power.settings:Stream"],
  "wind-power ui": ["wind-power", "wind_power.settings:Ui"],
  "wind-power kedro-viz": ["wind-power", "wind_power.settings:KedroViz"],
};

/** The part of a stack's settings that is read here. */
export interface WithVariables {
  readonly images: Readonly<Partial<Record<ReferenceImage, unknown>>>;
  readonly features?: Record<"build" | "load" | "api", { env: Record<string, unknown> }> | undefined;
  readonly training?: { env: Record<string, unknown>; command?: unknown } | undefined;
  readonly experiments?: { env: Record<string, unknown> } | undefined;
  readonly feast?: { build: { env: Record<string, unknown> } } | undefined;
  readonly serving: Readonly<Record<string, Server>>;
  readonly pipeline?: { image?: unknown; env: Record<string, unknown>; steps: Readonly<Record<string, Step>> } | undefined;
}

interface Step {
  readonly image?: unknown;
  readonly command?: unknown;
  readonly args?: readonly string[] | undefined;
  readonly env: Record<string, unknown>;
}

interface Server {
  readonly image?: unknown;
  readonly feast: boolean;
  readonly server: { readonly env: Record<string, unknown>; readonly command?: unknown };
}

/** Reports variables that a reference image would refuse when it starts. Another image, or another program of it, has rules of its own. */
export function checkVariables(settings: WithVariables, context: Pick<z.core.$RefinementCtx, "addIssue">): void {
  const said = new Set<string>();
  for (const { path, env, image, program = image } of givenIn(settings)) {
    if (env === undefined || settings.images[image] !== undefined) continue;
    for (const { name, message } of variableMistakes(env, rulesFor(path, program))) {
      // What all steps of a pipeline have, several may refuse.
      const line = [...path, name, message].join(" ");
      if (!said.has(line)) context.addIssue({ code: "custom", path: [...path, name], message });
      said.add(line);
    }
  }
}

function rulesFor(path: readonly string[], program: string): Rules {
  const [workload, settings] = PROGRAMS[path.join(".")] ?? PROGRAMS[program] ?? [];
  return workload === undefined || settings === undefined ? {} : rulesOf(workload, settings);
}

function givenIn({ features, training, experiments, feast, serving, pipeline }: WithVariables): Given[] {
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
    ...Object.entries(pipeline?.steps ?? {}).flatMap(([name, { image = pipeline?.image, command, args, env }]): Given[] => {
      const reference = referenceOf(image);
      if (reference === undefined || command !== undefined) return [];
      const program = `${reference} ${args?.[0]}`;
      // A step's own variables go before those of all.
      const shared = Object.fromEntries(Object.entries(pipeline?.env ?? {}).filter(([variable]) => !(variable in env)));
      return [
        { path: ["pipeline", "env"], env: shared, image: reference, program },
        { path: ["pipeline", "steps", name, "env"], env, image: reference, program },
      ];
    }),
  ];
}

function referenceOf(image: unknown): ReferenceImage | undefined {
  return typeof image === "object" && image !== null && "reference" in image ? (image.reference as ReferenceImage) : undefined;
}
