import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "./workload/index.ts";

/** A tracking server and model registry. */
export interface TrackingServerArgs {
  /** Where it runs. */
  platform: w.Platform;
  /** Image of MLflow that reads the variables of `workloads/mlflow`. */
  image: pulumi.Input<string>;
  /**
   * Where runs and models are kept: in an SQLite database or in files, both in the server's volume, or in a PostgreSQL
   * database at `url` (`postgresql://user:password@host:5432/name`, kept as a secret). That is either a `service` of the
   * platform, after which the server starts, or `outside`: then its addresses and port are opened. Artifacts are in the volume always.
   * Another back end begins empty: nothing is carried over.
   * @default "sqlite"
   */
  backend?:
    | "sqlite"
    | "file"
    | { postgresql: { url: pulumi.Input<string>; service?: w.Service | undefined; outside?: w.Outside | undefined } }
    | undefined;
  /**
   * Administrator; the password has at least 12 characters, and a new one is taken over by the next deployment.
   * @default - everybody who reaches the server may read and write
   */
  admin?: { username: string; password: pulumi.Input<string> } | undefined;
  /** Where the outside reaches it: `{ port, address }`; an `address` of 0.0.0.0 needs `hostNames`. @default - not at all */
  publish?: { port: number; address?: string | undefined } | undefined;
  /**
   * Further names by which it is reached, e.g. `mlflow.example.org` or a node's address: any port, unless one is given. The
   * names inside the platform, this machine and the published address are known. Others are refused with 403.
   * @default []
   */
  hostNames?: string[] | undefined;
  /** Origins whose web pages may call it, e.g. `https://app.example.org`. @default [] */
  corsOrigins?: string[] | undefined;
  /** Whether runs, models and artifacts stay when the stack is destroyed. @default true */
  keep?: boolean | undefined;
  /** Capacity asked for runs, models and artifacts. @default "10Gi" */
  size?: w.Memory | undefined;
  /** Limits; default: 1 core, 1Gi. */
  resources?: w.Limits | undefined;
}

/** Port on which the server listens, inside the platform. */
const PORT = 5000;
const DATA = "/data";
const EVERYWHERE = "0.0.0.0";
const SHORTEST_PASSWORD = 12;

const hostName = z.string().regex(/^(?=.*[A-Za-z0-9])[A-Za-z0-9.*-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be a host name, with no scheme and no path, for example "mlflow.example.org", got ${w.quoted(input)}`,
});
const origin = z.string().regex(/^https?:\/\/(?=.*[A-Za-z0-9])[A-Za-z0-9.*-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be scheme and host, with no path, for example "https://app.example.org", got ${w.quoted(input)}`,
});
const password = w.inputText.refine((given) => typeof given !== "string" || given.length >= SHORTEST_PASSWORD, {
  error: `must have at least ${SHORTEST_PASSWORD} characters`,
});
const isAddress = (given: pulumi.Input<string>) => typeof given !== "string" || /^postgresql(\+psycopg2)?:\/\//.test(given);
const postgresql = w
  .strict({
    url: w.inputText.refine(isAddress, { error: 'must begin with "postgresql://"' }),
    service: z.custom<w.Service>(w.isHandle("service"), "must be a service of the platform").optional(),
    outside: w.outside.optional(),
  })
  .refine(({ service, outside }) => (service === undefined) !== (outside === undefined), {
    error:
      'must have either service, or outside: { addresses, port }, for example { addresses: "10.2.0.7/32", port: 5432 }: other ways are closed',
  });
const backend = z.union([z.enum(["sqlite", "file"]), w.strict({ postgresql })], {
  error: 'must be "sqlite", "file" or { postgresql: { url, service | outside } }',
});

export const trackingServerSchema = w
  .strict({
    image: w.inputText,
    backend: backend.default("sqlite"),
    admin: w.strict({ username: z.string().min(1, "must not be empty"), password }).optional(),
    publish: w.publication.optional(),
    hostNames: z.array(hostName).default([]),
    corsOrigins: z.array(origin).default([]),
    keep: z.boolean().default(true),
    size: w.memory.default("10Gi"),
    resources: w.resources.extend({ memory: w.memory.default("1Gi") }).prefault({}),
  })
  .refine(({ publish, hostNames }) => publish?.address !== EVERYWHERE || hostNames.length > 0, {
    path: ["hostNames"],
    error: `must not be empty when publish.address is ${EVERYWHERE}: give the names by which others reach this machine, since all others are refused`,
  });

type Settings = z.output<typeof trackingServerSchema>;

/**
 * MLflow's tracking server and model registry, one replica with its data in one volume; artifacts go through it, so that
 * clients need no other storage. It is there once it answers `/health`.
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
  /** Administrator's name and password; undefined without one. */
  readonly credentials: { readonly username: w.SecretValue; readonly password: w.SecretValue } | undefined;

  constructor(name: string, args: TrackingServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:TrackingServer", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "TrackingServer", name, resource: this }, trackingServerSchema, given);
    const { backend, admin, size, keep } = settings;
    const secretOf = (part: string, values: Record<string, pulumi.Input<string>>) =>
      platform.secret(w.childName(name, part), { values }, { parent: this });

    const data = platform.volume(w.childName(name, "data"), { size, keep }, { parent: this });
    // Two secrets: clients are given the administrator's, never the database's.
    const users = admin === undefined ? undefined : secretOf("admin", admin);
    const database = typeof backend === "string" ? undefined : secretOf("database", { url: backend.postgresql.url });
    this.service = platform.service(name, serverOf(name, settings, { data, users, database }), { parent: this });

    this.url = `http://${this.service.address}:${PORT}`;
    this.publicUrl = this.service.url;
    this.credentials =
      users === undefined ? undefined : { username: w.secretValue(users, "username"), password: w.secretValue(users, "password") };
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }

  /** The variables by which a workload is a client: `env: { ...tracking.env() }`. They also open the way to the server. */
  env(): Record<string, w.EnvValue> {
    return {
      MLFLOW_TRACKING_URI: this.url,
      // Read by no client: an address is text, and only a reference tells the platform who calls whom.
      TRACKING_HOST: w.addressOf(this.service),
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
}

/** The server as the platform is asked to run it. */
export function serverOf(name: string, settings: Settings, { data, users, database }: Stores): w.ServiceSpec {
  const { image, backend, publish, corsOrigins, resources } = settings;
  const { service, outside } = typeof backend === "string" ? {} : backend.postgresql;
  const behind = service === undefined ? [] : [service];
  return {
    container: {
      image,
      env: {
        DATA,
        BACKEND: typeof backend === "string" ? backend : "postgresql",
        ALLOWED_HOSTS: allowedHosts(name, settings).join(","),
        ...(corsOrigins.length === 0 ? {} : { CORS_ORIGINS: corsOrigins.join(",") }),
        ...(database === undefined ? {} : { DATABASE_URL: w.secretValue(database, "url") }),
        ...(users === undefined
          ? {}
          : { ADMIN_USERNAME: w.secretValue(users, "username"), ADMIN_PASSWORD: w.secretValue(users, "password") }),
      },
      mounts: [{ volume: data, path: DATA }],
      resources,
      calls: behind,
      ...(outside === undefined ? {} : { outside: [outside] }),
      stopGrace: "20s",
    },
    port: PORT,
    // `/health` is open to every name and without a password: whoever probes it calls it by the replica's address.
    readiness: w.httpProbe(PORT, "/health", { interval: "2s", startupGrace: "60s" }),
    startBudget: "3m",
    after: behind,
    ...(publish === undefined ? {} : { publish }),
  };
}

/**
 * The names by which the server is reached, each without a port and with any: its name inside the platform, also with the
 * namespace and domain that a cluster adds (names that nobody can register), this machine, and the given ones.
 */
export function allowedHosts(name: string, { publish, hostNames }: Pick<Settings, "publish" | "hostNames">): string[] {
  const inside = [name, `${name}.*.svc`, `${name}.*.svc.cluster.local`];
  const outside = publish === undefined || publish.address === EVERYWHERE ? [] : [publish.address];
  const all = [...inside, "localhost", "127.0.0.1", ...outside, ...hostNames];
  return [...new Set(all.flatMap((host) => (host.includes(":") ? [host] : [host, `${host}:*`])))];
}
