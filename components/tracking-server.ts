import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import type { Observed } from "./monitoring/observed.ts";
import { startedAgain } from "./parts/alive.ts";
import { artifacts, bucketEnv, bucketIn, bucketOf, keysOf } from "./parts/artifacts.ts";
import { hostPattern, originPattern } from "./parts/hosts.ts";
import { backend } from "./parts/run-store.ts";
import * as w from "./workload/index.ts";

/** Port on which the server listens, inside the platform. */
const PORT = 5000;
const DATA = "/data";
/** Time in which it reads its data, and brings those of an older version up to date. */
const GRACE = "60s";
const EVERYWHERE = "0.0.0.0";
const SHORTEST_PASSWORD = 12;

const password = w.secretText((given) =>
  given.length >= SHORTEST_PASSWORD ? undefined : `must have at least ${SHORTEST_PASSWORD} characters`,
);
const shape = {
  backend,
  artifacts: w.placeOfData(
    artifacts
      .prefault({})
      .describe(
        "Where artifacts, such as models, are kept: the server's volume, or a bucket, which clients reach through the server and without its keys. Another place begins empty.",
      ),
    "artifacts",
    (before, after) => before !== undefined && bucketOf(before) !== bucketOf(after),
  ),
  admin: w.protects(
    w
      .strict({
        username: z.string().min(1, "must not be empty").default("admin").describe("Name of the administrator."),
        password: password.describe(
          "The administrator's password, at least 12 characters; a new one takes effect with the next deployment.",
        ),
      })
      .optional()
      .describe("Administrator; default: everybody who reaches the server may read and write."),
    "the administrator's password",
  ),
  publish: w.publication.optional().describe("Where the outside reaches it; an address of 0.0.0.0 needs hostNames; default: not at all."),
  hostNames: w.opens(
    z
      .array(hostPattern)
      .default([])
      .describe(
        "Further names by which it is reached, e.g. mlflow.example.org or a node's address: any port, unless one is given. The names inside the platform, this machine and the published address are known; others are refused with 403.",
      ),
    "the names under which it answers",
  ),
  corsOrigins: w.opens(
    z.array(originPattern).default([]).describe("Origins whose web pages may call it, e.g. https://app.example.org."),
    "the origins whose pages may call",
  ),
  keep: w.protects(
    z.boolean().default(true).describe("Whether runs, models and artifacts stay when the stack is destroyed."),
    "keeping runs and models",
  ),
  size: w.memory.default("10Gi").describe("Capacity requested for runs, models and artifacts."),
  resources: w.resourcesOf({ memory: "1Gi" }).prefault({}).describe("Limits of the server."),
};

/** What a stack file may say of a tracking server. */
export const trackingSettings = w.withRule(w.strict(shape), checkTogether);

export const trackingServerSchema = w.withRule(
  w.strict({
    ...shape,
    image: w.imageSource,
    database: z.custom<w.Service>(w.isHandle("service"), "must be a service of the platform").optional(),
    artifactStore: z.custom<w.Service>(w.isHandle("service"), "must be a service of the platform").optional(),
  }),
  checkTogether,
);

type Together = z.output<z.ZodObject<typeof shape>> & { database?: unknown; artifactStore?: unknown };

function checkTogether(
  { publish, hostNames, backend, database, artifacts, artifactStore }: Together,
  context: z.core.$RefinementCtx,
): void {
  const issue = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (publish?.address === EVERYWHERE && hostNames.length === 0) {
    issue(
      ["hostNames"],
      `must not be empty when publish.address is ${EVERYWHERE}: give the names by which others reach this machine, since all others are refused`,
    );
  }
  const postgresql = typeof backend === "string" ? undefined : backend.postgresql;
  const bucket = bucketIn(artifacts);
  const server = { path: ["backend", "postgresql"], what: "database", service: database, argument: "database", port: 5432 };
  const { key = "s3", port = 9000 } = bucket ?? {};
  const store = { path: ["artifacts", key], what: "store", service: artifactStore, argument: "artifactStore", port };
  checkWay(postgresql && { isGiven: Boolean(postgresql.url), outside: postgresql.outside }, server, issue);
  checkWay(bucket, store, issue);
}

/** What the server calls outside itself: a service of the platform that `argument` gives, or an address outside. */
interface Called {
  readonly path: string[];
  readonly what: string;
  readonly argument: string;
  readonly service: unknown;
  readonly port: number;
}

/** What is called must be in exactly one place. @param settings none where it is not used; `isGiven` where they say enough to look at */
function checkWay(
  settings: { readonly isGiven: boolean; readonly outside: unknown } | undefined,
  { path, what, argument, service, port }: Called,
  issue: (path: string[], message: string) => void,
): void {
  if (settings === undefined) {
    if (service !== undefined) issue([argument], `means nothing without ${path.join(".")}; remove it`);
  } else if (settings.isGiven && (settings.outside === undefined) === (service === undefined)) {
    issue(
      path,
      `must say where the ${what} is, for example outside: { addresses: "10.2.0.7/32", port: ${port} }, or be given a service of the platform: other ways are closed`,
    );
  }
}

type Settings = z.output<typeof trackingServerSchema>;

/** Settings of a stack file, and what only a program can give. */
export type TrackingServerArgs = z.input<typeof trackingSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** Image of MLflow that reads the variables of `workloads/mlflow`. */
  image: w.ImageSource;
  /** The PostgreSQL server of `backend.postgresql`, where it is one of the platform; the server starts after it. */
  database?: w.Service | undefined;
  /** The store of `artifacts.s3` or `artifacts.gcs`, where it is a service of the platform, such as MinIO; the server starts after it. */
  artifactStore?: w.Service | undefined;
};

/**
 * MLflow's tracking server and model registry, one replica with its data in one volume, artifacts in a bucket if wanted; they go
 * through it, so that clients need no other storage. Ready when it answers `/health`.
 *
 * @example
 * const tracking = new TrackingServer("mlflow", { platform, image, publish: { port: 5000 } });
 * platform.job("train", { container: { image: "train:1", env: { ...tracking.env() } } }, { parent });
 */
export class TrackingServer extends pulumi.ComponentResource {
  /** The server, for those who start after it. */
  readonly service: w.Service;
  /** `http://host:5000` inside the platform. */
  readonly url: string;
  /** `http://host:port` outside the platform; undefined when not published. */
  readonly publicUrl: pulumi.Output<string> | undefined;
  /** What monitoring reads of it. */
  readonly observed: Observed[];
  /** Administrator's name and password; undefined without one. */
  readonly credentials: { readonly username: w.SecretValue; readonly password: w.SecretValue } | undefined;

  constructor(name: string, args: TrackingServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:TrackingServer", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "TrackingServer", name, platform }, trackingServerSchema, given);
    const { backend, artifacts, admin, size, keep } = settings;
    const secretOf = (part: string, values: Record<string, pulumi.Input<string>>) =>
      platform.secret(w.childName(name, part), { values }, { parent: this });

    const data = platform.volume(w.childName(name, "data"), { size, keep }, { parent: this });
    // Several secrets: clients are given the administrator's, never the others.
    const users = admin === undefined ? undefined : secretOf("admin", admin);
    const database = typeof backend === "string" ? undefined : secretOf("database", { url: backend.postgresql.url });
    const keys = keysOf(artifacts);
    const bucket = keys && secretOf("artifacts", keys);
    this.service = platform.service(name, serverOf(name, settings, { data, users, database, bucket }), { parent: this });

    this.url = `http://${this.service.address}:${PORT}`;
    this.publicUrl = this.service.url;
    this.observed = [{ kind: "answers", target: this.service, path: "/health" }];
    this.credentials =
      users === undefined ? undefined : { username: w.secretValue(users, "username"), password: w.secretValue(users, "password") };
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }

  /** The variables by which a workload is a client: `env: { ...tracking.env() }`. They also open the way to the server. */
  env(): Record<string, w.EnvValue> {
    return {
      MLFLOW_TRACKING_URI: w.urlOf(this.service),
      ...(this.credentials === undefined
        ? {}
        : { MLFLOW_TRACKING_USERNAME: this.credentials.username, MLFLOW_TRACKING_PASSWORD: this.credentials.password }),
    };
  }
}

/** What the server keeps its data and reads its secrets in. */
interface Stores {
  readonly data: w.Volume;
  readonly users: w.Secret | undefined;
  readonly database: w.Secret | undefined;
  readonly bucket: w.Secret | undefined;
}

/** The server as the platform is asked to run it. */
export function serverOf(name: string, settings: Settings, { data, users, database, bucket }: Stores): w.ServiceSpec {
  const { image, backend, artifacts, publish, corsOrigins, resources, database: server, artifactStore } = settings;
  const ways = [typeof backend === "string" ? undefined : backend.postgresql.outside, bucketIn(artifacts)?.outside];
  const outside = ways.filter((way) => way !== undefined);
  const behind = [server, artifactStore].filter((one) => one !== undefined);
  return {
    container: {
      image: w.imageFrom(image),
      env: {
        DATA,
        BACKEND: typeof backend === "string" ? backend : "postgresql",
        ALLOWED_HOSTS: allowedHosts(name, settings).join(","),
        ...(corsOrigins.length === 0 ? {} : { CORS_ORIGINS: corsOrigins.join(",") }),
        ...(database === undefined ? {} : { DATABASE_URL: w.secretValue(database, "url") }),
        ...bucketEnv(artifacts, bucket),
        ...(users === undefined
          ? {}
          : { ADMIN_USERNAME: w.secretValue(users, "username"), ADMIN_PASSWORD: w.secretValue(users, "password") }),
      },
      mounts: [{ volume: data, path: DATA }],
      resources,
      calls: behind,
      ...(outside.length === 0 ? {} : { outside }),
      stopGrace: "20s",
    },
    port: PORT,
    // `/health` is open to every name and without a password: a probe calls it by the replica's address.
    readiness: w.httpProbe(PORT, "/health", { startInterval: "2s", startupGrace: GRACE }),
    ...startedAgain(GRACE),
    startBudget: "3m",
    after: behind,
    publish,
  };
}

/**
 * The names by which the server is reached, each without a port and with any: its name inside the platform, also with the
 * namespace and domain that a cluster adds (names that cannot be registered), this machine, and the given ones.
 */
export function allowedHosts(name: string, { publish, hostNames }: Pick<Settings, "publish" | "hostNames">): string[] {
  const inside = [name, `${name}.*.svc`, `${name}.*.svc.cluster.local`];
  const outside = publish === undefined || publish.address === EVERYWHERE ? [] : [publish.address];
  const all = [...inside, "localhost", "127.0.0.1", ...outside, ...hostNames];
  return [...new Set(all.flatMap((host) => (host.includes(":") ? [host] : [host, `${host}:*`])))];
}
