import { createHash } from "node:crypto";

/** A value that stands for a secret, and is found nowhere by chance. */
export const canaryFor = (place: string) => `Canary+/${createHash("sha256").update(place).digest("base64").slice(0, 24)}=`;

/** The key of a service account, as it is downloaded. */
const KEY_FILE = JSON.stringify({
  type: "service_account",
  client_email: "a@b.example.com",
  token_uri: "https://oauth2.example.com/token",
  private_key: canaryFor("tracking.artifacts.gcs.credentials"),
});

/**
 * The settings of a stack that has a secret in every place that may hold one. Both kinds of a key are there, and so are both kinds
 * of a store of runs, which no one stack can have.
 *
 * @param tls the certificate and key of the edge: only a real pair is accepted
 */
export function settingsWithCanaries(kind: "docker" | "kubernetes", tls: { readonly certificate: string; readonly key: string }) {
  const onKubernetes = kind === "kubernetes";
  return {
    platform: onKubernetes
      ? {
          kind,
          namespace: { name: "shop", keep: true },
          registry: { address: "registry.example.com/shop", username: "pusher", password: canaryFor("platform.registry.password") },
        }
      : { kind },
    features: { accounts: 200, transactions: 800, redis: { password: canaryFor("features.redis.password") } },
    tracking: {
      backend: onKubernetes
        ? {
            postgresql: {
              url: `postgresql://runs:${encodeURIComponent(canaryFor("tracking.backend.postgresql.url"))}@db.example.com:5432/runs`,
              outside: { addresses: "10.2.0.7/32", port: 5432 },
            },
          }
        : "sqlite",
      artifacts: onKubernetes
        ? { gcs: { bucket: "runs", credentials: KEY_FILE, outside: { addresses: "10.2.0.8/32", port: 443 } } }
        : {
            s3: {
              bucket: "runs",
              accessKey: "access",
              secretKey: canaryFor("tracking.artifacts.s3.secretKey"),
              outside: { addresses: "10.2.0.8/32", port: 9000 },
            },
          },
      admin: { username: "kim", password: canaryFor("tracking.admin.password") },
    },
    feast: { redis: { password: canaryFor("feast.redis.password") } },
    serving: {
      fraud: {
        image: `registry.example.com/fraud@sha256:${"a".repeat(64)}`,
        publish: { port: onKubernetes ? 30081 : 8001 },
        edge: { keys: { acme: canaryFor("serving.*.edge.keys.*"), globex: [canaryFor("serving.*.edge.keys.*.*")] }, tls },
      },
    },
    pipeline: {
      image: { reference: "wind-power" },
      database: "postgres",
      postgres: { password: canaryFor("pipeline.postgres.password") },
      steps: { watch: { kind: "always", command: ["watch"] } },
    },
    monitoring: {
      receivers: {
        webhook: {
          url: `https://chat.example.com/${encodeURIComponent(canaryFor("monitoring.receivers.webhook.url"))}`,
          outside: { addresses: "10.2.0.9/32", port: 443 },
        },
        mail: {
          to: ["team@example.com"],
          from: "shop@example.com",
          server: "smtp.example.com:587",
          username: "kim",
          password: canaryFor("monitoring.receivers.mail.password"),
          outside: { addresses: "10.2.0.10/32", port: 587 },
        },
      },
    },
  };
}

/** Which of the secrets a text shows, as they are or in a form that is read back by everybody. */
export function shownIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}

/** A secret as it is, in JSON, encoded for a URL, and in base64, whatever stands before and behind it there. */
function formsOf(secret: string): string[] {
  const shifted = [0, 1, 2].map((before) => {
    const text = Buffer.from(`${"x".repeat(before)}${secret}`).toString("base64");
    // What depends on its neighbours is cut off.
    return text.slice(before === 0 ? 0 : 4, Math.floor(((before + secret.length) * 8) / 24) * 4);
  });
  const urlSafe = shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...shifted, ...urlSafe];
}
