import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { Database } from "./database.ts";
import type { Observed } from "./monitoring/observed.ts";
import { answers, startedAgain } from "./parts/alive.ts";
import { inOrder } from "./pipeline/order.ts";
import { checkSteps } from "./pipeline/rules.ts";
import { pipelineShape } from "./pipeline/settings.ts";
import { isAddress, MLFLOW, type Step } from "./pipeline/step.ts";
import { TrackingServer } from "./tracking-server.ts";
import * as w from "./workload/index.ts";

/** Name of the SQLite database in its folder. */
const DATABASE_FILE = "pipeline.db";

/** Seconds after its start in which a step that never ends need not answer yet. */
const GRACE = 30;

const wiring = {
  tracking: z.instanceof(TrackingServer, { error: "must be a TrackingServer" }).optional(),
  databaseImage: w.imageSource.optional(),
};

/** What a stack file may say of a pipeline. @param image what it may say of an image */
export function pipelineSettings<I extends z.ZodType>(image: I) {
  const settings = w.strict(pipelineShape(image));
  return w.withRule(settings, (given, context) => {
    checkSteps(given, (path, message) => context.addIssue({ code: "custom", path, message }));
  });
}

export const pipelineSchema = w.withRule(w.strict({ ...pipelineShape(w.imageSource), ...wiring }), (given, context) => {
  const wrong = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  checkSteps(given, wrong);
  const users = Object.entries(given.steps).filter(([name, step]) => step.mlflow && (given.only?.includes(name) ?? true));
  if (given.database === "postgres" && given.databaseImage === undefined) wrong(["databaseImage"], "is required with database: postgres");
  if (given.tracking === undefined && users.length > 0) wrong(["tracking"], `is required: step "${users[0]?.[0]}" uses MLflow`);
});

type Settings = z.output<typeof pipelineSchema>;

/** Settings of a stack file, and what only a program can give. */
export type PipelineArgs = Omit<z.input<typeof pipelineSchema>, keyof typeof wiring> & {
  /** Where it runs. */
  platform: w.Platform;
  /** MLflow, which steps with `mlflow: true` use; required by the first of them. */
  tracking?: TrackingServer | undefined;
  /** Image of the database, as `workloads/postgres`; required with `database: "postgres"`. */
  databaseImage?: w.ImageSource | undefined;
};

/**
 * Steps that make one system: work that runs once, programs that never end, and pages. Each starts after those that it names,
 * and once more by itself after a restart, when it has to wait for them without Pulumi.
 *
 * Resolves when every step of kind once has succeeded, every one of kind always says that it is alive, and every page is ready.
 *
 * @example
 * new Pipeline("forecast", {
 *   platform,
 *   image: "example/forecast:1.4",
 *   steps: {
 *     history: { kind: "once", args: ["history"], database: true },
 *     inference: { kind: "always", args: ["inference"], database: true, after: ["history"] },
 *     ui: { kind: "page", args: ["ui"], database: true, port: 8050, publish: { port: 8050 } },
 *   },
 * });
 */
export class Pipeline extends pulumi.ComponentResource {
  /** Where a browser reaches each published page that runs, by its name. */
  readonly urls: Readonly<Record<string, pulumi.Output<string>>>;
  /** What monitoring reads of it: the steps that never end, its pages, and its database where that is a server. */
  readonly observed: Observed[];

  constructor(name: string, args: PipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Pipeline", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "Pipeline", name, platform }, pipelineSchema, given);
    const parent = { parent: this };
    const { path: _place, ...space } = settings.data;
    // Also beside a server: its rows must outlive a change of the database.
    const folder = platform.volume(w.childName(name, "data"), space, parent);
    const image = settings.database === "postgres" ? settings.databaseImage : undefined;
    const parts: Parts = {
      settings,
      database:
        image === undefined ? folder : new Database(w.childName(name, "database"), { ...settings.postgres, platform, image }, parent),
      volumes: Object.fromEntries(
        Object.entries(settings.volumes).map(([volume, spec]) => [volume, platform.volume(volume, spec, parent)] as const),
      ),
      declared: new Map(),
    };
    for (const step of inOrder(settings.steps)) {
      const spec = settings.steps[step];
      if (spec === undefined || settings.only?.includes(step) === false) continue;
      parts.declared.set(
        step,
        spec.kind === "once" ? platform.job(step, jobOf(parts, spec), parent) : platform.service(step, serviceOf(parts, spec), parent),
      );
    }

    const pages = [...parts.declared].flatMap(([step, one]) => (one.kind === "service" && one.url ? [[step, one.url] as const] : []));
    this.urls = Object.fromEntries(pages);
    const { database } = parts;
    this.observed = [
      ...[...parts.declared].flatMap(([step, one]) => observedOf(settings.steps[step], one)),
      ...(database instanceof Database ? database.observed : []),
    ];
    this.registerOutputs({ urls: this.urls });
  }
}

/** A page need not have metrics. */
function observedOf(step: ImageStep | undefined, target: w.Job | w.Service): Observed[] {
  if (step === undefined || target.kind === "job" || step.kind === "once") return [];
  if (step.kind === "page") return [{ kind: "answers", target, path: step.readyPath }];
  return [{ kind: "step", target, staleAfter: w.toSeconds(step.staleAfter) }];
}

/** What steps are made of. */
interface Parts {
  readonly settings: Settings;
  /** Where rows are: the folder of SQLite's file, or a server. */
  readonly database: w.Volume | Database;
  readonly volumes: Readonly<Record<string, w.Volume>>;
  /** The steps that are declared already. */
  readonly declared: Map<string, w.Job | w.Service>;
}

type ImageStep = Step & { readonly image?: w.ImageSource | undefined };
type OfKind<K extends Step["kind"]> = Extract<ImageStep, { readonly kind: K }>;

/** A step that runs once. */
function jobOf(parts: Parts, step: OfKind<"once">): w.JobSpec {
  const { startBudget, deadline } = step;
  return { container: containerOf(parts, step, {}), startBudget, deadline, ...orderOf(parts, step) };
}

/** A step that never ends: alive as long as it says so, after which its own watch ends it, so that it is started again. */
function serviceOf(parts: Parts, step: OfKind<"always"> | OfKind<"page">): w.ServiceSpec {
  const { port, startBudget } = step;
  const order = orderOf(parts, step);
  if (step.kind === "always") {
    const own = { STEP_PORT: String(port), STEP_STALE_AFTER: String(w.toSeconds(step.staleAfter)) };
    const readiness = w.httpProbe(port, step.alivePath, { startInterval: "2s", timeout: "5s", startupGrace: `${GRACE}s` });
    // Its own watch ends it first, and says why; this is for what stops that too.
    const restartAfter = `${2 * w.toSeconds(step.staleAfter) + GRACE}s` as const;
    return { container: containerOf(parts, step, own), port, readiness, restartAfter, startBudget, ...order };
  }
  const { readyPath, alivePath, loadGrace, publish } = step;
  const readiness = w.httpProbe(port, readyPath, { startInterval: "2s", timeout: "5s", startupGrace: loadGrace });
  const again = alivePath === undefined ? {} : startedAgain(loadGrace, answers(port, alivePath));
  return { container: containerOf(parts, step, linksOf(parts, step)), port, readiness, ...again, startBudget, publish, ...order };
}

function containerOf({ settings, database, volumes }: Parts, step: ImageStep, own: Readonly<Record<string, w.EnvValue>>): w.ContainerSpec {
  const { command, args, scratch, sharedMemory, resources, user, stopGrace, mlflow, image = settings.image } = step;
  const mounts = Object.entries(step.mounts).flatMap(([name, place]) => {
    const volume = volumes[name];
    const { path, readOnly } = typeof place === "string" ? { path: place, readOnly: false } : place;
    return volume === undefined ? [] : [{ volume, path, readOnly }];
  });
  const client = step.database ? clientOf(database, settings.data.path) : NO_CLIENT;
  return {
    image: w.imageFrom(image),
    command,
    args,
    env: {
      ...settings.env,
      ...step.env,
      ...own,
      ...(mlflow ? settings.tracking?.env() : {}),
      ...client.env,
    },
    mounts: [...mounts, ...client.mounts],
    calls: client.calls,
    scratch,
    sharedMemory,
    resources,
    user,
    stopGrace,
  };
}

/** What makes a step a client of the database. */
interface Client {
  readonly env: Readonly<Record<string, w.EnvValue>>;
  readonly mounts: w.Mount[];
  readonly calls: w.Service[];
}

const NO_CLIENT: Client = { env: {}, mounts: [], calls: [] };

function clientOf(database: w.Volume | Database, path: string): Client {
  if (database instanceof Database) return { ...NO_CLIENT, env: database.env(), calls: [database.service] };
  // The folder, not the file: what SQLite writes beside it belongs to it.
  return { ...NO_CLIENT, env: { DATABASE_URL: `sqlite:///${path}/${DATABASE_FILE}` }, mounts: [{ volume: database, path }] };
}

/** What a step starts after, and what makes it run again or renews it: work before it that ran again. */
function orderOf({ settings, declared, database }: Parts, { after, mlflow, accelerator, ...step }: ImageStep) {
  const before = [...after].sort().flatMap((name) => declared.get(name) ?? []);
  return {
    inputs: Object.fromEntries(before.flatMap((one) => (one.kind === "job" ? [[one.name, one.fingerprint] as const] : []))),
    after: [
      ...before,
      ...(step.database && database instanceof Database ? [database.service] : []),
      ...(mlflow && settings.tracking !== undefined ? [settings.tracking.service] : []),
    ],
    placement: { accelerator },
  };
}

/** Variables that hold where a browser finds another page. A page that is off, or that the platform does not open, has none. */
function linksOf({ settings, declared }: Parts, { links }: OfKind<"page">): Record<string, w.EnvValue> {
  const url = (name: string) => {
    if (name === MLFLOW) return settings.tracking?.publicUrl;
    const target = declared.get(name);
    return target?.kind === "service" ? target.url : undefined;
  };
  return Object.fromEntries(
    Object.entries(links).flatMap(([variable, link]) => {
      const value = isAddress(link) ? link : url(link);
      return value === undefined ? [] : [[variable, value] as const];
    }),
  );
}
