import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { bucketOf } from "../../components/parts/artifacts.ts";
import { allowedHosts, TrackingServer, type TrackingServerArgs, type trackingServerSchema } from "../../components/tracking-server.ts";
import { type SecretSpec, type ServiceSpec, urlOf } from "../../components/workload/index.ts";
import { aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const admin = { username: "root", password: pulumi.secret("correct horse battery") };

/** Of a service account. */
const KEY_FILE = {
  type: "service_account",
  client_email: "mlflow@shop.example.com",
  private_key: "hunter2",
  token_uri: "https://oauth2.googleapis.com/token",
};

async function made(changes: Partial<TrackingServerArgs> = {}): Promise<{ platform: FakePlatform; tracking: TrackingServer }> {
  const platform = new FakePlatform();
  const tracking = await engine.run(() => new TrackingServer("mlflow", { platform, image: "m:1", ...changes }));
  return { platform, tracking };
}

const server = async (changes?: Partial<TrackingServerArgs>) => (await made(changes)).platform.spec("service", "mlflow") as ServiceSpec;
const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));

test("asks for a volume that stays and one server, ready when it is healthy", async () => {
  const { platform, tracking } = await made();
  expect(platform.lines).toEqual(["volume mlflow-data", "service mlflow"]);
  expect(platform.spec("volume", "mlflow-data")).toEqual({ size: "10Gi", keep: true });
  expect(platform.spec("service", "mlflow")).toEqual({
    container: {
      image: "m:1",
      env: { DATA: "/data", BACKEND: "sqlite", ALLOWED_HOSTS: expect.any(String) },
      mounts: [{ volume: expect.objectContaining({ name: "mlflow-data" }), path: "/data" }],
      resources: { cpu: 1, memory: "1Gi", processes: 4096, reservation: {} },
      calls: [],
      stopGrace: "20s",
    },
    port: 5000,
    readiness: { kind: "http", port: 5000, path: "/health", startInterval: "2s", startupGrace: "60s" },
    restartAfter: "180s",
    startBudget: "3m",
    after: [],
  });
  expect(tracking.url).toBe("http://mlflow:5000");
  expect(tracking.publicUrl).toBeUndefined();
});

test("keeps files in the same volume, of the given size, and removes them when told to", async () => {
  const { platform } = await made({ backend: "file", keep: false, size: "1Gi", resources: { memory: "2Gi" } });
  expect(platform.spec("volume", "mlflow-data")).toEqual({ size: "1Gi", keep: false });
  expect(platform.spec("service", "mlflow")).toMatchObject({ container: { env: { BACKEND: "file" }, resources: { memory: "2Gi" } } });
});

const outside = { addresses: "10.2.0.7/32", port: 5432 };

test("reaches PostgreSQL by a secret of its own, starts after it and may call it", async () => {
  const url = "postgresql://mlflow:hunter2@database:5432/mlflow";
  const service = new FakePlatform().service(
    "database",
    { container: { image: "p" }, port: 5432, readiness: { kind: "tcp", port: 5432 } },
    { parent: pulumi.rootStackResource as pulumi.Resource },
  );
  const { platform } = await made({ backend: { postgresql: { url } }, database: service });
  expect(platform.lines).toEqual(["volume mlflow-data", "secret mlflow-database", "service mlflow"]);
  expect((platform.spec("secret", "mlflow-database") as SecretSpec).values).toEqual({ url });
  const { container, after } = platform.spec("service", "mlflow") as ServiceSpec;
  expect(container.env).toMatchObject({ BACKEND: "postgresql", DATABASE_URL: { from: "secret", key: "url" } });
  expect([container.calls, after]).toEqual([[service], [service]]);
  expect(Object.values(container.env ?? {})).not.toContain(url);
});

test("reaches a PostgreSQL outside the platform at the addresses that are opened for it", async () => {
  const { platform } = await made({ backend: { postgresql: { url: "postgresql://u:p@db.example.org/mlflow", outside } } });
  const { container, after } = platform.spec("service", "mlflow") as ServiceSpec;
  expect(container).toMatchObject({ outside: [outside], calls: [] });
  expect(after).toEqual([]);
});

describe("with an administrator", () => {
  test("server and clients get name and password from one secret", async () => {
    const { platform, tracking } = await made({ admin });
    expect(platform.lines).toEqual(["volume mlflow-data", "secret mlflow-admin", "service mlflow"]);
    const { values } = platform.spec("secret", "mlflow-admin") as SecretSpec;
    expect([values["username"], await known(values["password"] ?? "")]).toEqual(["root", "correct horse battery"]);
    const secret = expect.objectContaining({ name: "mlflow-admin" });
    expect((platform.spec("service", "mlflow") as ServiceSpec).container.env).toMatchObject({
      ADMIN_USERNAME: { from: "secret", secret, key: "username" },
      ADMIN_PASSWORD: { from: "secret", secret, key: "password" },
    });
    expect(tracking.env()).toEqual({
      MLFLOW_TRACKING_URI: urlOf(tracking.service),
      MLFLOW_TRACKING_USERNAME: { from: "secret", secret, key: "username" },
      MLFLOW_TRACKING_PASSWORD: { from: "secret", secret, key: "password" },
    });
  });

  test("without one, clients get the address only", async () => {
    const { tracking } = await made();
    expect(Object.keys(tracking.env())).toEqual(["MLFLOW_TRACKING_URI"]);
    expect(tracking.credentials).toBeUndefined();
  });

  test("a client's variables are a workload's of the real platform, and no password is plain", async () => {
    await engine.run(() => {
      const platform = aDockerPlatform();
      const tracking = new TrackingServer("mlflow", { platform, image: "m:1", admin });
      platform.job("train", { container: { image: "t:1", env: tracking.env() } }, { parent: tracking });
    });
    expect(JSON.stringify(engine.resources.filter(({ name }) => name === "train"))).toContain("MLFLOW_TRACKING_URI=http://mlflow:5000");
  });
});

describe("artifacts in a bucket", () => {
  const s3 = { bucket: "models", accessKey: "key", secretKey: pulumi.secret("hunter2") };
  const store = { addresses: "10.2.0.8/32", port: 9000 };
  const gcs = { bucket: "models", credentials: JSON.stringify(KEY_FILE), outside: { addresses: "199.36.153.8/30", port: 443 } };

  test("are reached by a secret of its own, at the one place that is opened", async () => {
    const { platform, tracking } = await made({
      artifacts: { s3: { ...s3, prefix: "team/fraud", endpoint: "https://minio:9000", outside: store } },
      admin,
    });
    expect(platform.lines).toContain("secret mlflow-artifacts");
    const { container } = platform.spec("service", "mlflow") as ServiceSpec;
    expect(container.outside).toEqual([store]);
    expect(container.env).toMatchObject({
      ARTIFACTS_DESTINATION: "s3://models/team/fraud",
      MLFLOW_S3_ENDPOINT_URL: "https://minio:9000",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: { from: "secret", key: "accessKey" },
      AWS_SECRET_ACCESS_KEY: { from: "secret", key: "secretKey" },
    });
    // Clients go through the server.
    expect(Object.keys(tracking.env())).toEqual(["MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"]);
  });

  test("may be in a store of the platform, behind which the server starts", async () => {
    const service = new FakePlatform().service("minio", { container: { image: "m:1" }, port: 9000, readiness: { kind: "tcp" } } as never, {
      parent: pulumi.rootStackResource as never,
    });
    const { platform } = await made({ artifacts: { s3: { ...s3, endpoint: "http://minio:9000" } }, artifactStore: service });
    expect(platform.spec("service", "mlflow")).toMatchObject({ after: [service], container: { calls: [service] } });
  });

  test.each([
    [{ artifacts: { s3 } }, "artifacts.s3: must say where the store is"],
    [{ artifacts: { s3: { ...s3, bucket: "Models", outside: store } } }, "artifacts.s3.bucket: must be a bucket's name"],
    [
      { artifacts: { s3: { ...s3, bucket: "gs://models", outside: store } } },
      'artifacts.s3.bucket: must be a bucket of S3, got "gs://models"; for Google Cloud Storage say artifacts: { gcs: { bucket: models, … } }',
    ],
    [{ artifacts: { s3: { ...s3, prefix: "/a", outside: store } } }, "artifacts.s3.prefix: must be a folder"],
    [{ artifacts: { s3: { ...s3, endpoint: "minio:9000", outside: store } } }, "artifacts.s3.endpoint: must be scheme, host and port"],
    [
      { artifacts: { s3: { bucket: "models", accessKey: "k", outside: store } } } as never,
      "artifacts.s3.secretKey: must be a non-empty string",
    ],
    [{ artifacts: { azure: {} } } as never, 'artifacts: unknown key "azure"; known are s3, gcs'],
    [{ artifacts: { s3: { ...s3, outside: store }, gcs } }, "artifacts.gcs: must not be given beside s3: artifacts are in one bucket"],
    [{ artifacts: { gcs: { ...gcs, outside: undefined } } }, "artifacts.gcs: must say where the store is, for example outside:"],
    [{ artifacts: { gcs: { ...gcs, bucket: "gs://models" } } }, "artifacts.gcs.bucket: must be a bucket's name, without gs://: 3 to 63"],
    [
      { artifacts: { gcs: { ...gcs, credentials: undefined } } },
      "artifacts.gcs.credentials: must be given: only an emulator, at endpoint, needs no key file",
    ],
  ])("%# is refused", async (changes, message) => {
    const said = await made(changes).catch((error: Error) => error.message);
    expect(said).toContain(message);
  });

  test.each(["hunter2", "[]", JSON.stringify({ ...KEY_FILE, type: "external_account" }), JSON.stringify({ type: "service_account" })])(
    "%# is no key file, and is not repeated",
    async (credentials) => {
      const said = await made({ artifacts: { gcs: { ...gcs, credentials } } }).catch((error: Error) => error.message);
      expect(said).toMatch(
        /artifacts\.gcs\.credentials: must be the key file of a service account, as it was downloaded: JSON with type, [^"]*$/,
      );
      expect(said).not.toContain("hunter2");
    },
  );

  test("of Google Cloud Storage are reached with the key file of a secret of its own", async () => {
    const { platform } = await made({ artifacts: { gcs: { ...gcs, prefix: "team/fraud" } } });
    const { values } = platform.spec("secret", "mlflow-artifacts") as SecretSpec;
    expect(await known(values["credentials"] ?? "")).toBe(gcs.credentials);
    const { container } = platform.spec("service", "mlflow") as ServiceSpec;
    expect(container.outside).toEqual([gcs.outside]);
    expect(container.env).toMatchObject({
      ARTIFACTS_DESTINATION: "gs://models/team/fraud",
      GCS_CREDENTIALS: { from: "secret", key: "credentials" },
    });
    expect(container.env).not.toHaveProperty("GCS_ENDPOINT_URL");
  });

  test("of an emulator are reached without a key", async () => {
    const { platform } = await made({ artifacts: { gcs: { bucket: "models", endpoint: "http://10.2.0.9:4443", outside: store } } });
    expect(platform.lines).toEqual(["volume mlflow-data", "service mlflow"]);
    const { env } = (platform.spec("service", "mlflow") as ServiceSpec).container;
    expect(env).toMatchObject({ ARTIFACTS_DESTINATION: "gs://models", GCS_ENDPOINT_URL: "http://10.2.0.9:4443" });
    expect(env).not.toHaveProperty("GCS_CREDENTIALS");
  });

  test("that are in another bucket afterwards stay behind", () => {
    const other = (changes: object) => bucketOf({ gcs: { ...gcs, ...changes } });
    const all = [
      bucketOf({}),
      bucketOf({ s3 }),
      other({}),
      other({ bucket: "more" }),
      other({ prefix: "a" }),
      other({ endpoint: "http://a" }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(bucketOf({ s3: { ...s3, bucket: gcs.bucket } })).not.toBe(other({}));
  });
});

describe("the names it answers to", () => {
  const inside = ["mlflow", "mlflow:*", "mlflow.*.svc", "mlflow.*.svc:*", "mlflow.*.svc.cluster.local", "mlflow.*.svc.cluster.local:*"];
  const machine = ["localhost", "localhost:*", "127.0.0.1", "127.0.0.1:*"];

  test("are those inside and this machine's", async () => {
    expect((await server()).container.env?.["ALLOWED_HOSTS"]).toBe([...inside, ...machine].join(","));
  });

  test.each([
    [{ publish: { port: 5001, anyPort: false, address: "192.0.2.7" }, hostNames: [] }, ["192.0.2.7", "192.0.2.7:*"]],
    [{ publish: { port: 5001, anyPort: false, address: "127.0.0.1" }, hostNames: [] }, []],
    [{ publish: { port: 5001, anyPort: false, address: "0.0.0.0" }, hostNames: ["m.example.org"] }, ["m.example.org", "m.example.org:*"]],
    [{ publish: undefined, hostNames: ["m.example.org:8443"] }, ["m.example.org:8443"]],
  ])("are also, with %j, %j", (settings, further) => {
    expect(allowedHosts("mlflow", settings)).toEqual([...inside, ...machine, ...further]);
  });
});

test("tells where the outside reaches it, and which pages may call it", async () => {
  const { platform, tracking } = await made({ publish: { port: 5001 }, corsOrigins: ["https://a.example.org", "http://b:8050"] });
  expect(platform.spec("service", "mlflow")).toMatchObject({
    publish: { port: 5001, address: "127.0.0.1" },
    container: { env: { CORS_ORIGINS: "https://a.example.org,http://b:8050" } },
  });
  expect(await known(tracking.publicUrl ?? "")).toBe("http://127.0.0.1:5001");
});

describe("refuses", () => {
  const backends = 'must be "sqlite", "file" or { postgresql: { url, outside } }';
  test.each([
    [{ backend: "mysql" } as never, `backend: ${backends}`],
    [{ backend: { postgresql: { url: "mysql://u:hunter2@h/d", outside } } }, 'backend.postgresql.url: must begin with "postgresql://"'],
    [{ backend: { postgresql: {} } } as never, `backend: ${backends}`],
    [{ backend: { postgresql: { url: "" } } }, `backend: ${backends}`],
    [
      { backend: { postgresql: { url: "postgresql://h/d" } } },
      'backend.postgresql: must say where the database is, for example outside: { addresses: "10.2.0.7/32", port: 5432 }, or be given a service of the platform: other ways are closed',
    ],
    [
      { backend: { postgresql: { url: "postgresql://h/d", outside: { ...outside, addresses: "db.example.org" } } } },
      'backend.postgresql.outside.addresses: must be addresses in CIDR form, for example "10.2.0.7/32", got "db.example.org"',
    ],
    [{ admin: { username: "root", password: "" } }, "admin.password: must be a non-empty string"],
    [{ admin: { username: "root" } } as never, "admin.password: must be a non-empty string"],
    [{ admin: { username: "root", password: "hunter2" } }, "admin.password: must have at least 12 characters"],
    [{ admin: { username: "", password: admin.password } }, "admin.username: must not be empty"],
    [
      { hostNames: ["http://m/"] },
      'hostNames[0]: must be a host name, with no scheme and no path, for example "mlflow.example.org", got "http://m/"',
    ],
    [{ hostNames: ["*"] }, 'hostNames[0]: must be a host name, with no scheme and no path, for example "mlflow.example.org", got "*"'],
    [{ corsOrigins: ["*"] }, 'corsOrigins[0]: must be scheme and host, with no path, for example "https://app.example.org", got "*"'],
    [
      { publish: { port: 5000, address: "0.0.0.0" } },
      "hostNames: must not be empty when publish.address is 0.0.0.0: give the names by which others reach this machine, since all others are refused",
    ],
    [{ hostName: [] } as never, 'unknown key "hostName"; did you mean "hostNames"?'],
  ])("%j", async (changes, message) => {
    await expect(made(changes)).rejects.toThrow(new RegExp(`^TrackingServer "mlflow": 1 invalid argument\n  ${escaped(message)}$`));
  });

  test("all mistakes at once, without a secret", async () => {
    const wrong = { image: "", size: "1GB" as never, admin: { username: "", password: "hunter2" }, corsOrigins: ["x"] };
    const message = await made(wrong).catch((error: Error) => error.message);
    expect(message).toContain("5 invalid arguments");
    expect(message).not.toContain("hunter2");
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof trackingServerSchema>>().toEqualTypeOf<Exclude<keyof TrackingServerArgs, "platform">>();
});
