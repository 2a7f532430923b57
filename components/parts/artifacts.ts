import { z } from "zod";

import * as w from "../workload/index.ts";

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: ({ input }) =>
    String(input).startsWith("gs://")
      ? `must be a bucket of S3, or of a store that speaks it: Google Cloud Storage is not available, got ${w.quoted(input)}`
      : `must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, got ${w.quoted(input)}`,
});
const prefix = z.string().regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, {
  error: ({ input }) => `must be a folder such as "team/fraud", without a slash at its ends, got ${w.quoted(input)}`,
});
const endpoint = z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be scheme, host and port, such as "https://minio.example.org:9000", got ${w.quoted(input)}`,
});

const s3 = w.strict({
  bucket: bucket.describe("The bucket, which must exist."),
  prefix: prefix.optional().describe("Folder in it, such as team/fraud; default: none."),
  endpoint: endpoint.optional().describe("Where a store that speaks S3, such as MinIO, answers; default: AWS."),
  region: z.string().min(1, "must not be empty").default("us-east-1").describe("Region of the bucket."),
  accessKey: w.inputText.describe("Access key, which may read and write there."),
  secretKey: w.secretText(undefined, { issued: true }).describe("Its secret key."),
  outside: w.outside.optional().describe("Where the store is: its addresses and port are opened, other ways are closed."),
});

/** Where a tracking server keeps artifacts: a bucket, or without one its own volume. */
export const artifacts = w.strict({ s3: s3.optional().describe("A bucket of S3, or of a store that speaks it; default: the volume.") });

type Artifacts = z.output<typeof artifacts>;

/** What tells one place of artifacts from another; empty for the volume. */
export function bucketOf(given: unknown): string {
  const found = z
    .object({ s3: z.object({ bucket: z.string(), prefix: z.string().optional(), endpoint: z.string().optional() }) })
    .safeParse(given);
  if (!found.success) return "";
  const { bucket: name, prefix: folder, endpoint: store } = found.data.s3;
  return [store, name, folder].join(" ");
}

/** The secret that a bucket needs, and none where artifacts are in the volume. */
export function keysOf({ s3 }: Artifacts) {
  return s3 && { accessKey: s3.accessKey, secretKey: s3.secretKey };
}

/** The variables by which the server reaches a bucket, with `keys`, the secret that holds `keysOf`. */
export function bucketEnv({ s3 }: Artifacts, keys: w.Secret | undefined): Record<string, w.EnvValue> {
  if (s3 === undefined || keys === undefined) return {};
  const { bucket, prefix, endpoint, region } = s3;
  return {
    ARTIFACTS_DESTINATION: ["s3:/", bucket, ...(prefix === undefined ? [] : [prefix])].join("/"),
    ...(endpoint === undefined ? {} : { MLFLOW_S3_ENDPOINT_URL: endpoint }),
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: w.secretValue(keys, "accessKey"),
    AWS_SECRET_ACCESS_KEY: w.secretValue(keys, "secretKey"),
  };
}
