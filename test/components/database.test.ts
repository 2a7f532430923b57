import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { Database, type DatabaseArgs, type databaseSchema } from "../../components/database.ts";
import type { SecretSpec, ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

async function asked(changes: Partial<DatabaseArgs> = {}) {
  const platform = new FakePlatform();
  const database = await engine.run(() => new Database("rows", { platform, image: "postgres:1", ...changes }));
  return { platform, database };
}

const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));

test("asks for a volume that is kept, a secret, and a server that stops in its own time", async () => {
  const { platform } = await asked();
  expect(platform.lines).toEqual(["volume rows-data", "secret rows", "service rows"]);
  expect(platform.spec("volume", "rows-data")).toEqual({ size: "10Gi", keep: true });
  expect(platform.spec("service", "rows")).toMatchObject({
    port: 5432,
    readiness: { kind: "exec", command: ["postgres-health"] },
    alive: { kind: "exec" },
    restartAfter: "180s",
    container: {
      image: "postgres:1",
      env: { POSTGRES_PASSWORD: { from: "secret", key: "password" }, POSTGRES_SHARED_BUFFERS: "262144kB" },
      mounts: [{ volume: { name: "rows-data" }, path: "/data" }],
      stopGrace: "60s",
    },
  });
  expect((platform.spec("service", "rows") as ServiceSpec).publish).toBeUndefined();
});

test("a client gets its address with the password, as a secret", async () => {
  const { platform, database } = await asked();
  expect(database.env()).toEqual({ DATABASE_URL: { from: "secret", secret: expect.objectContaining({ name: "rows" }), key: "url" } });
  const { values } = platform.spec("secret", "rows") as SecretSpec;
  const { password = "", url = "" } = values;
  expect(await pulumi.isSecret(pulumi.output(url))).toBe(true);
  expect(await known(url)).toBe(`postgresql://app:${await known(password)}@rows:5432/app`);
  expect(await known(password)).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("a given password may have any character", async () => {
  const { platform } = await asked({ password: pulumi.secret("a/b@c:d e%£12") });
  const { values } = platform.spec("secret", "rows") as SecretSpec;
  expect(await known(values["url"] ?? "")).toBe("postgresql://app:a%2Fb%40c%3Ad%20e%25%C2%A312@rows:5432/app");
});

test.each([
  [{ password: "short" }, "password: must have at least 12 characters"],
  [{ size: "1GB" }, 'size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "1Gi", got "1GB"'],
])("refuses %j", async (changes, message) => {
  await expect(asked(changes as Partial<DatabaseArgs>)).rejects.toThrow(`Database "rows": 1 invalid argument\n  ${message}`);
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof databaseSchema>>().toEqualTypeOf<Exclude<keyof DatabaseArgs, "platform">>();
});
