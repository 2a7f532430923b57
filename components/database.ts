import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import type { Observed } from "./monitoring/observed.ts";
import { startedAgain } from "./parts/alive.ts";
import { generatedSecret } from "./parts/generated-secret.ts";
import * as w from "./workload/index.ts";

const PORT = 5432;
const DATA = "/data";
const GRACE = "60s";
/** Any answer, also that it takes no connections yet (1): it makes good what a crash has left, which a restart would only begin again. */
const ALIVE = { kind: "exec" as const, command: ["sh", "-c", `pg_isready -q -h 127.0.0.1 -p ${PORT}; [ $? -lt 2 ]`] };
/** User and database of every server, as the image has them without variables. */
const NAME = "app";
const SHORTEST_PASSWORD = 12;
/** Part of the memory limit that pages are kept in; the rest is for sessions and the file system. */
const BUFFER_SHARE = 1 / 4;

const password = w.secretText((given) =>
  given.length >= SHORTEST_PASSWORD ? undefined : `must have at least ${SHORTEST_PASSWORD} characters`,
);

/** What a stack file may say of a PostgreSQL database. */
export const databaseSettings = w.strict({
  password: password
    .optional()
    .describe("Password of its user, at least 12 characters; default: a random one, kept encrypted in the state."),
  size: w.memory.default("10Gi").describe("Capacity requested for its data."),
  keep: w.protects(z.boolean().default(true).describe("Whether its data stay when the stack is destroyed."), "keeping the database"),
  resources: w.resourcesOf({ memory: "1Gi" }).prefault({}).describe("Limits; a quarter of the memory keeps pages."),
});

export const databaseSchema = w.strict({ ...databaseSettings.shape, image: w.imageSource });

type Settings = z.output<typeof databaseSchema>;

/** Settings of a stack file, and what only a program can give. */
export type DatabaseArgs = z.input<typeof databaseSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** PostgreSQL with its data in `/data` and the variables of `workloads/postgres`. */
  image: w.ImageSource;
};

/**
 * A PostgreSQL server, one replica with its data in one volume, and a database in it. Clients get `env()` and `calls`, and start
 * after `service`. Ready when it accepts connections.
 *
 * @example
 * const database = new Database("rows", { platform, image });
 * platform.job("load", { container: { image: "load:1", env: database.env(), calls: [database.service] }, after: [database.service] }, { parent });
 */
export class Database extends pulumi.ComponentResource {
  /** The server, for those who call it and start after it. */
  readonly service: w.Service;
  /** What monitoring reads of it. */
  readonly observed: Observed[];
  private readonly secret: w.Secret;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Database", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "Database", name, platform }, databaseSchema, given);
    const { size, keep } = settings;
    const parent = { parent: this };

    const data = platform.volume(w.childName(name, "data"), { size, keep }, parent);
    const password = pulumi.secret(settings.password ?? generatedSecret(w.childName(name, "password"), this));
    // Any character may be in a given one.
    const url = password.apply((text) => `postgresql://${NAME}:${encodeURIComponent(text)}@${name}:${PORT}/${NAME}`);
    this.secret = platform.secret(name, { values: { password, url } }, parent);
    this.service = platform.service(name, serverOf(settings, data, this.secret), parent);
    this.observed = [{ kind: "postgres", target: this.service }];
    this.registerOutputs({});
  }

  /** The variable by which a workload is a client, `DATABASE_URL`. The way there is opened by `calls: [database.service]`. */
  env(): Record<string, w.EnvValue> {
    return { DATABASE_URL: w.secretValue(this.secret, "url") };
  }
}

/** The server as the platform is asked to run it. */
function serverOf({ image, resources }: Settings, data: w.Volume, secret: w.Secret): w.ServiceSpec {
  return {
    container: {
      image: w.imageFrom(image),
      env: {
        POSTGRES_PASSWORD: w.secretValue(secret, "password"),
        POSTGRES_SHARED_BUFFERS: `${Math.floor((w.toBytes(resources.memory) * BUFFER_SHARE) / 1024)}kB`,
      },
      mounts: [{ volume: data, path: DATA }],
      resources,
      // It writes what it holds in memory to the disk.
      stopGrace: "60s",
    },
    port: PORT,
    readiness: w.execProbe(["postgres-health"], { startInterval: "2s", startupGrace: GRACE }),
    ...startedAgain(GRACE, ALIVE),
    startBudget: "3m",
  };
}
