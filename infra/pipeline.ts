import type { z } from "zod";

import { pipelineSettings } from "../components/pipeline.ts";
import * as w from "../components/workload/index.ts";
import { imageChoice } from "./image-choice.ts";

/** What a stack file may say of its pipeline: the component's settings, and images by name or by reference. */
export const pipeline = pipelineSettings(imageChoice);

type Pipeline = z.output<typeof pipeline>;

/** The other parts of the stack that a pipeline refers to. */
interface Stack {
  readonly pipeline?: Pipeline | undefined;
  readonly tracking?: { readonly publish?: unknown } | undefined;
  readonly images: Readonly<Record<string, string | undefined>>;
}

type Wrong = (path: string[], message: string) => void;

/** Reports what of a pipeline does not fit the rest of the stack. */
export function checkPipeline({ pipeline: given, tracking, images }: Stack, wrong: Wrong): void {
  if (given === undefined) return;
  const needs = "needs tracking, which this stack does not have; add mlstack:tracking, or remove this";
  const { steps, only } = given;
  const runs = (name: string) => only?.includes(name) ?? true;
  if (only?.includes("mlflow") === true && tracking === undefined) wrong(["pipeline", "only"], `mlflow ${needs}`);
  for (const [name, step] of Object.entries(steps)) {
    if (step.mlflow && runs(name) && tracking === undefined) wrong(["pipeline", "steps", name, "mlflow"], needs);
    if (step.kind !== "page") continue;
    for (const [variable, link] of Object.entries(step.links)) {
      const path = ["pipeline", "steps", name, "links", variable];
      if (link === "mlflow" && tracking === undefined) wrong(path, `mlflow ${needs}`);
      else if (link === "mlflow" && tracking?.publish === undefined)
        wrong(path, "mlflow is not published, so that no browser reaches it; set mlstack:tracking.publish");
    }
  }
  checkGiven(given, images, wrong);
}

/**
 * A pipeline whose image is given by name runs for others, on machines where it was not built: then it must say whose image it
 * is and which, and by which addresses browsers reach the pages that it links to.
 */
function checkGiven({ image, steps, only }: Pipeline, images: Stack["images"], wrong: Wrong): void {
  const name = typeof image === "string" ? image : images[image.reference];
  if (name === undefined) return;
  const setting = typeof image === "string" ? ["pipeline", "image"] : ["images", image.reference];
  if (!name.includes("/"))
    wrong(
      setting,
      `must name registry and user, such as ${EXAMPLE}: without them it is an image of Docker Hub's own, got ${w.quoted(name)}`,
    );
  if (!name.includes("@")) wrong(setting, `must name the image by its digest, such as ${EXAMPLE}, got ${w.quoted(name)}`);
  for (const [step, given] of Object.entries(steps)) {
    if (given.kind !== "page" || only?.includes(step) === false) continue;
    for (const [variable, link] of Object.entries(given.links)) {
      if (/^https?:\/\//.test(link)) continue;
      const message = `is required where the image is given by name: the address by which browsers reach ${link}, such as "https://${link}.example.org"`;
      wrong(["pipeline", "steps", step, "links", variable], message);
    }
  }
}

const EXAMPLE = '"ghcr.io/acme/forecast@sha256:…"';
