import { Experiments } from "../components/experiments.ts";
import { FeastStore } from "../components/feast-store.ts";
import { FeatureStack } from "../components/feature-stack.ts";
import { pinsOf } from "../components/model/pin.ts";
import { Monitoring, type Observed } from "../components/monitoring.ts";
import { Pipeline } from "../components/pipeline.ts";
import type { ReferenceImages } from "../components/reference-images.ts";
import { ServingStack } from "../components/serving-stack.ts";
import { TrackingServer } from "../components/tracking-server.ts";
import { TrainingCluster } from "../components/training-cluster.ts";
import type { ImageChoice } from "./image-choice.ts";
import type { Models } from "./models.ts";
import { alertsFor, hasMetrics } from "./monitoring.ts";
import type { Outputs, System } from "./program.ts";
import type { StackSettings } from "./stack.ts";
import { tryIt } from "./try-it.ts";

/** Gets what monitoring reads of the parts of a stack. */
export type Look = (observed: readonly Observed[]) => void;

/**
 * Declares the parts that the settings name, and feeds one's outputs to another's arguments.
 *
 * @param look gets what monitoring reads of the parts, for those who show it elsewhere
 * @returns the stack's outputs: where it answers, a line to try, what may be started by hand, and what the next deployment needs
 */
export function mlStack({ platform, images, root }: System, settings: StackSettings, models: Models, look?: Look): Outputs {
  const { features: featureArgs, training: trainingArgs, tracking: trackingArgs } = settings;
  const { experiments: experimentArgs, feast: feastArgs, pipeline: pipelineArgs } = settings;
  const gateway = images.of("gateway");
  const redis = images.of("redis");

  const features =
    featureArgs &&
    new FeatureStack(
      "features",
      { ...featureArgs, platform, images: { redis, features: images.of("features"), api: images.of("feature-api"), gateway } },
      root,
    );
  const training =
    trainingArgs &&
    new TrainingCluster("trainer", { ...trainingArgs, platform, image: images.of("trainer", torchOf(trainingArgs)), features }, root);
  const tracking = trackingArgs && new TrackingServer("mlflow", { ...trackingArgs, platform, image: images.of("mlflow") }, root);
  const experiments =
    experimentArgs &&
    tracking &&
    new Experiments("experiments", { ...experimentArgs, platform, image: images.of("model-trainer"), tracking }, root);
  const feast = feastArgs && new FeastStore("feast", { ...feastArgs, platform, images: { feast: images.of("feast"), redis } }, root);

  const servers = Object.entries(settings.serving).flatMap(([name, given]) => {
    const { image, model: reference, feast: entities, canary, shadow, server: asked, ...serving } = given;
    const model = models[name];
    // Nothing to serve yet: the preview has said so.
    if (reference !== undefined && model === undefined) return [];
    const share = (place: "canary" | "shadow", percent: number | undefined) => {
      const other = models[`${name}/${place}`];
      return percent === undefined || other === undefined ? undefined : { model: other, percent };
    };
    const server = new ServingStack(
      name,
      {
        ...serving,
        // Every server of workloads/ answers there, and has metrics.
        server: {
          ...asked,
          alivePath: asked.alivePath ?? (typeof image === "string" ? undefined : "/health"),
          metrics: asked.metrics ?? hasMetrics(image),
        },
        platform,
        image: chosen(images, image ?? { reference: entities ? "model-server-feast" : "model-server" }),
        gateway,
        model,
        tracking: model && tracking,
        feast: entities ? feast : undefined,
        canary: share("canary", canary?.percent),
        shadow: share("shadow", shadow?.percent),
      },
      root,
    );
    return [[name, server] as const];
  });

  const pipeline =
    pipelineArgs &&
    new Pipeline("pipeline", { ...withImages(images, pipelineArgs), platform, tracking, databaseImage: images.of("postgres") }, root);

  const parts = [features, training, tracking, feast, ...servers.map(([, server]) => server), pipeline];
  const observed = parts.flatMap((part) => part?.observed ?? []);
  look?.(observed);
  // Behind all that it looks at.
  const monitoring =
    settings.monitoring &&
    new Monitoring("monitoring", { ...alertsFor(settings.monitoring, observed), platform, image: images.of("monitoring"), observed }, root);

  const urls = present({
    features: features?.url,
    mlflow: tracking?.publicUrl,
    ...Object.fromEntries(servers.map(([name, { url }]) => [name, url])),
    ...pipeline?.urls,
    "monitoring/metrics": monitoring?.pages.metrics,
    "monitoring/alerts": monitoring?.pages.alerts,
    "monitoring/logs": monitoring?.pages.logs,
  });
  return present({
    urls,
    tryIt: tryIt(settings, urls),
    worldSize: settings.training?.enabled === true ? training?.worldSize : undefined,
    tasks: experiments?.tasks,
    registry: tracking?.publicUrl,
    models: Object.keys(models).length === 0 ? undefined : pinsOf(models),
  });
}

/** The image that a stack file chooses, built when it is asked for. */
function chosen(images: ReferenceImages, image: ImageChoice) {
  return typeof image === "string" ? image : images.of(image.reference);
}

/** A pipeline's settings with the images that they choose. */
function withImages(images: ReferenceImages, { image, steps, ...settings }: NonNullable<StackSettings["pipeline"]>) {
  const own = Object.entries(steps).map(([name, step]) => [name, { ...step, image: step.image && chosen(images, step.image) }] as const);
  return { ...settings, image: chosen(images, image), steps: Object.fromEntries(own) };
}

/** Devices need the PyTorch of PyPI, which brings CUDA and NCCL; Debian's is a tenth of its size. */
function torchOf({ accelerator }: NonNullable<StackSettings["training"]>): Record<string, string> {
  return { TORCH: accelerator === undefined ? "debian" : "pypi" };
}

/** Without what is undefined, which Pulumi would warn of in every output. */
function present<T>(outputs: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(outputs).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
