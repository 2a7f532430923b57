import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { ReferenceImages } from "../components/reference-images.ts";
import { leanErrors } from "../components/workload/adapter/lean-errors.ts";
import { SECRET_VALUE } from "../components/workload/change.ts";
import type { ChildOptions, Platform } from "../components/workload/index.ts";
import { refuseMoved } from "./approved.ts";
import { Deployed } from "./deployed.ts";
import { createPlatform } from "./platform.ts";
import { readSettings } from "./read.ts";
import { replaceSecrets, secretPlaces } from "./secrets.ts";
import type { ProgramSettings } from "./settings.ts";

// At once, and not with the first call: what a user's own program throws before it is to be shown within seconds too.
leanErrors();

/** What a program declares its parts with. */
export interface System {
  readonly platform: Platform;
  /** Reference images of `workloads/`, each built when a part asks for it. */
  readonly images: ReferenceImages;
  /** Makes a part a child of the stack's one component. */
  readonly root: ChildOptions;
}

/** The stack's outputs, by name. */
export type Outputs = Readonly<Record<string, unknown>>;

/** Declares all parts in one go and returns the outputs: what is refused afterwards is refused as a whole. */
export type Declare = (system: System) => Outputs;

/**
 * The one front door of every program: reads and checks the settings, asks what must be asked before anything is declared,
 * makes the platform, and waits until the platform has admitted all that was declared.
 *
 * @param schema what the stack file may say: `programSettings` and the program's own keys
 * @param plan asks what must be known first (e.g. a model registry), and returns the declaration
 * @throws pulumi.RunError with every mistake at once; then nothing was registered.
 *
 * @example
 * export default () => program(stackSettings, async (settings) => (system) => mlStack(system, settings));
 */
export async function program<S extends z.ZodType<ProgramSettings>>(
  schema: S,
  plan: (settings: z.output<S>) => Promise<Declare>,
): Promise<Outputs> {
  const settings = await readSettings(schema);
  const said = replaceSecrets(settings, secretPlaces(schema), () => SECRET_VALUE);
  refuseMoved(said);
  const declare = await plan(settings);
  return declareOn(await createPlatform(settings.platform), settings, declare, said);
}

/**
 * Declares a system on a platform, and returns its outputs when the platform has admitted everything and kept its promises.
 *
 * @param said the settings without their secrets, which the state keeps from a finished deployment on; default: it keeps none
 */
export async function declareOn(platform: Platform, settings: ProgramSettings, declare: Declare, said?: object): Promise<Outputs> {
  let outputs: Outputs;
  // With all that it holds it is registered when everything is admitted, so that a refused deployment makes nothing at all.
  const opts = { aliases: [exampleRoot()], dependsOn: platform.admitted().then(() => []) };
  const root = { parent: new pulumi.ComponentResource("mlstack:index:MlStack", "ml", {}, opts) };
  try {
    outputs = declare({
      platform,
      images: new ReferenceImages(platform, { baseImage: settings.baseImage, given: settings.images }, root),
      root,
    });
  } catch (error) {
    platform.abandon(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  await platform.admitted();
  // The next deployment builds on them: a failed one leaves those before.
  await platform.kept();
  // Until then the state keeps those of the deployment before, as it does the outputs.
  if (said !== undefined) new Deployed(said, root);
  return outputs;
}

/** The component of the first release's examples, which were programs of their own: `fraud-detection` was a `FraudDetection`. */
function exampleRoot(): pulumi.Alias {
  const project = pulumi.getProject();
  const type = project.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { type: `mlstack:example:${type}`, name: project };
}
