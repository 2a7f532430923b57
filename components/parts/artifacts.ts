import { z } from "zod";

import * as w from "../workload/index.ts";

/** Parts of the key file of a service account, as it is downloaded, beside its type. */
const KEY_FILE = z.object({
  type: z.literal("service_account"),
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.string(),
});

const bucketOfS3 = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: ({ input }) => {
    const google = /^gs:\/\/([^/]+)/.exec(String(input))?.[1];
    return google === undefined
      ? `must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, got ${w.quoted(input)}`
      : `must be a bucket of S3, got ${w.quoted(input)}; for Google Cloud Storage say artifacts: { gcs: { bucket: ${google}, … } }`;
  },
});
const bucketOfGcs = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, {
  error: ({ input }) =>
    `must be a bucket's name, without gs://: 3 to 63 lower-case letters, digits, dots, hyphens and underscores, got ${w.quoted(input)}`,
});
const prefix = z.string().regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, {
  error: ({ input }) => `must be a folder such as "team/fraud", without a slash at its ends, got ${w.quoted(input)}`,
});
const endpoint = z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be scheme, host and port, such as "https://minio.example.org:9000", got ${w.quoted(input)}`,
});
const keyFile = w.secretText(
  (given) =>
    isKeyFile(given)
      ? undefined
      : "must be the key file of a service account, as it was downloaded: JSON with type, client_email, private_key and token_uri",
  { issued: true },
);
const outside = w.outside.optional().describe("Where the store is: its addresses and port are opened, other ways are closed.");

const s3 = w.strict({
  bucket: bucketOfS3.describe("The bucket, which must exist."),
  prefix: prefix.optional().describe("Folder in it, such as team/fraud; default: none."),
  endpoint: endpoint.optional().describe("Where a store that speaks S3, such as MinIO, answers; default: AWS."),
  region: z.string().min(1, "must not be empty").default("us-east-1").describe("Region of the bucket."),
  accessKey: w.inputText.describe("Access key, which may read and write there."),
  secretKey: w.secretText(undefined, { issued: true }).describe("Its secret key."),
  outside,
});

const gcs = w.withRule(
  w.strict({
    bucket: bucketOfGcs.describe("The bucket, which must exist."),
    prefix: prefix.optional().describe("Folder in it, such as team/fraud; default: none."),
    credentials: keyFile
      .optional()
      .describe("Key file of a service account that may read and write there (JSON); only an emulator needs none."),
    endpoint: endpoint.optional().describe("Where an emulator, or another way to Google's API, answers; default: Google."),
    outside,
  }),
  ({ credentials, endpoint: other }, context) => {
    if (credentials !== undefined || other !== undefined) return;
    context.addIssue({ code: "custom", path: ["credentials"], message: "must be given: only an emulator, at endpoint, needs no key file" });
  },
);

/** Where a tracking server keeps artifacts: a bucket, or without one its own volume. */
export const artifacts = w.withRule(
  w.strict({
    s3: s3.optional().describe("A bucket of S3, or of a store that speaks it; default: the volume."),
    gcs: gcs.optional().describe("A bucket of Google Cloud Storage; default: the volume."),
  }),
  ({ s3: one, gcs: other }, context) => {
    if (one === undefined || other === undefined) return;
    context.addIssue({ code: "custom", path: ["gcs"], message: "must not be given beside s3: artifacts are in one bucket" });
  },
);

type Artifacts = z.output<typeof artifacts>;

/** The bucket that is used: under which word of the settings, what it is called outside, and whether its settings can be read. */
export function bucketIn({ s3: one, gcs: other }: Artifacts) {
  if (one !== undefined) return { key: "s3", port: 9000, isGiven: Boolean(one.bucket), outside: one.outside };
  return other && { key: "gcs", port: 443, isGiven: Boolean(other.bucket), outside: other.outside };
}

const place = z.object({ bucket: z.string(), prefix: z.string().optional(), endpoint: z.string().optional() });
const places = z.object({ s3: place.optional(), gcs: place.optional() });

/** What tells one place of artifacts from another; empty for the volume. */
export function bucketOf(given: unknown): string {
  const { data } = places.safeParse(given);
  const found = data?.s3 ?? data?.gcs;
  return found === undefined ? "" : [data?.s3 === undefined ? "gs" : "", found.endpoint, found.bucket, found.prefix].join(" ");
}

/** The secret values that a bucket needs; none where artifacts are in the volume, or in an emulator. */
export function keysOf({ s3: one, gcs: other }: Artifacts): Record<string, z.output<typeof w.inputText>> | undefined {
  if (one !== undefined) return { accessKey: one.accessKey, secretKey: one.secretKey };
  return other?.credentials === undefined ? undefined : { credentials: other.credentials };
}

/** The variables by which the server reaches a bucket, with `keys`, the secret that holds `keysOf`. */
export function bucketEnv({ s3: one, gcs: other }: Artifacts, keys: w.Secret | undefined): Record<string, w.EnvValue> {
  if (one !== undefined && keys !== undefined)
    return {
      ARTIFACTS_DESTINATION: addressOf("s3", one),
      ...(one.endpoint === undefined ? {} : { MLFLOW_S3_ENDPOINT_URL: one.endpoint }),
      AWS_DEFAULT_REGION: one.region,
      AWS_ACCESS_KEY_ID: w.secretValue(keys, "accessKey"),
      AWS_SECRET_ACCESS_KEY: w.secretValue(keys, "secretKey"),
    };
  if (other === undefined) return {};
  return {
    ARTIFACTS_DESTINATION: addressOf("gs", other),
    ...(other.endpoint === undefined ? {} : { GCS_ENDPOINT_URL: other.endpoint }),
    ...(keys === undefined ? {} : { GCS_CREDENTIALS: w.secretValue(keys, "credentials") }),
  };
}

function addressOf(scheme: string, { bucket, prefix: folder }: z.output<typeof place>): string {
  return [`${scheme}:/`, bucket, ...(folder === undefined ? [] : [folder])].join("/");
}

function isKeyFile(text: string): boolean {
  try {
    return KEY_FILE.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
