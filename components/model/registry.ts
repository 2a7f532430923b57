import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** Where a model registry answers the machine that deploys. */
export interface RegistryAddress {
  /** e.g. `http://127.0.0.1:5000`, without a path. */
  readonly url: string;
  readonly username?: string | undefined;
  /** Known in a preview too: a setting of the stack, not what another resource gives. */
  readonly password?: pulumi.Input<string> | undefined;
}

/** One version of a registered model, as the registry reports it. */
export interface RegisteredVersion {
  readonly version: string;
  /** SHA-256 of the version's list of checksums, where training noted it. */
  readonly sha256: string | undefined;
}

/** Longest time, in milliseconds, that a registry may take to answer. */
const ANSWER = 10_000;
/** What MLflow calls a thing that it does not know. */
const NOWHERE = "RESOURCE_DOES_NOT_EXIST";
/** Tag under which training notes the checksum. */
const CHECKSUM = "mlstack.sha256";

const version = z.object({
  model_version: z.object({
    version: z.string(),
    status: z.string().default("READY"),
    tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  }),
});
const registered = z.object({
  registered_model: z.object({
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
    latest_versions: z.array(z.object({ version: z.string() })).default([]),
  }),
});

/** No registry answers, or it does not let this deployment in: nothing is known of its models. The message completes "since …". */
export class RegistrySilence extends Error {}

/** MLflow's model registry, asked by the machine that deploys. It is only read. */
export class ModelRegistry {
  private readonly address: RegistryAddress;

  constructor(address: RegistryAddress) {
    this.address = address;
  }

  /**
   * The version that an alias names now; undefined where the model has no version at all yet.
   *
   * @throws pulumi.RunError for an alias that the model does not have, with those it has.
   */
  async byAlias(name: string, alias: string): Promise<RegisteredVersion | undefined> {
    const found = await this.get("registered-models/alias", { name, alias }, version);
    if (found !== undefined) return this.checked(name, found.model_version);
    const model = await this.get("registered-models/get", { name }, registered);
    if (model === undefined || model.registered_model.latest_versions.length === 0) return undefined;
    const aliases = model.registered_model.aliases.map((one) => `${one.alias} (version ${one.version})`);
    const has = aliases.length === 0 ? "it has none yet; set one in MLflow" : `it has ${aliases.join(", ")}`;
    throw new pulumi.RunError(`model "${name}" has no alias "${alias}" at ${this.address.url}: ${has}`);
  }

  /** @throws pulumi.RunError where there is no such version. */
  async byNumber(name: string, number: string): Promise<RegisteredVersion> {
    const found = await this.get("model-versions/get", { name, version: number }, version);
    if (found === undefined) throw new pulumi.RunError(`model "${name}" has no version ${number} at ${this.address.url}`);
    return this.checked(name, found.model_version);
  }

  private checked(name: string, found: z.output<typeof version>["model_version"]): RegisteredVersion {
    if (found.status !== "READY")
      throw new pulumi.RunError(
        `model "${name}" version ${found.version} cannot be served: the registry calls it ${found.status}, not READY`,
      );
    return { version: found.version, sha256: found.tags.find(({ key }) => key === CHECKSUM)?.value };
  }

  /** One read; undefined where the registry does not know what is asked for. */
  private async get<S extends z.ZodType>(path: string, query: Record<string, string>, schema: S): Promise<z.output<S> | undefined> {
    const { url, username, password } = this.address;
    const headers = username === undefined ? {} : { authorization: basic(username, await plain(password ?? "")) };
    const address = `${url}/api/2.0/mlflow/${path}?${new URLSearchParams(query)}`;
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER) }).catch((error: Error) => {
      throw new RegistrySilence(unreachable(url, error));
    });
    const body: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) {
      const read = schema.safeParse(body);
      if (read.success) return read.data;
      throw new RegistrySilence(`what answers at ${url} is no model registry of MLflow`);
    }
    if (answer.status === 404 && z.object({ error_code: z.literal(NOWHERE) }).safeParse(body).success) return undefined;
    // MLflow says of an unknown alias that its name is a wrong parameter.
    if (answer.status === 400 && path.endsWith("/alias")) return undefined;
    throw new RegistrySilence(refused(url, answer.status));
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function plain(input: pulumi.Input<string>): Promise<string> {
  return new Promise((resolve) => pulumi.output(input).apply(resolve));
}

function unreachable(url: string, error: Error): string {
  const why =
    error.name === "TimeoutError" ? `no answer within ${ANSWER / 1000} s` : ((error.cause as Error | undefined)?.message ?? error.message);
  return `the model registry at ${url} does not answer (${why})`;
}

function refused(url: string, status: number): string {
  const cause: Record<number, string> = {
    401: "it does not accept this user and password; new ones take effect with this deployment",
    403: "it does not know this name, or the user may not read; new hostNames of the tracking server take effect with this deployment",
  };
  return `the model registry at ${url} answered ${status} (${cause[status] ?? "its log says why"})`;
}
