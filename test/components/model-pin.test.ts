import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { type Deployed, type PinOptions, pinnedModel, pinsOf } from "../../components/model/pin.ts";
import { MockEngine } from "../support/engine.ts";
import { FakeRegistry } from "../support/fake-registry.ts";

const SHA = "a".repeat(64);
let registry: FakeRegistry;
let said: string[];

beforeAll(async () => {
  await MockEngine.start();
  registry = await FakeRegistry.start();
});
afterAll(() => registry.stop());
beforeEach(() => {
  registry.versions = { fraud: [{ version: "3" }, { version: "4", tags: [{ key: "mlstack.sha256", value: SHA }] }] };
  registry.aliases = { fraud: { production: "4", staging: "3" } };
  registry.login = undefined;
  registry.asked.length = 0;
  said = [];
  for (const level of ["info", "warn"] as const)
    vi.spyOn(pulumi.log, level).mockImplementation(async (text) => void said.push(`${level}: ${text}`));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const ran = (version: string): Deployed => ({ models: { api: { version } } });
const pinned = (reference = "fraud@production", options: Partial<PinOptions> = {}) =>
  pinnedModel(reference, { place: "api", registry: { url: registry.url }, before: { models: {} }, ...options });

describe("a model", () => {
  test("is the version that its alias names now, with its checksum", async () => {
    expect(await pinned()).toEqual({ name: "fraud", reference: "fraud@production", version: "4", sha256: SHA });
  });

  test("says which version takes the place of which", async () => {
    await pinned("fraud@production", { before: ran("3") });
    expect(said).toEqual(["info: model fraud@production: version 3 → 4"]);
  });

  test("says nothing while its version stays", async () => {
    await pinned("fraud@production", { before: ran("4") });
    expect(said).toEqual([]);
  });

  test("held on to by its number is not moved by the alias, so that an older commit brings it back", async () => {
    expect(await pinned("fraud/3", { before: ran("4") })).toMatchObject({ version: "3" });
    expect(registry.asked).toEqual(["model-versions/get"]);
    expect(said).toEqual(["info: model fraud/3: version 4 → 3"]);
  });

  test("may have spaces and other letters in its name", async () => {
    registry.versions = { "Größe 1": [{ version: "2" }] };
    expect(await pinned("Größe 1/2")).toMatchObject({ name: "Größe 1", version: "2" });
  });

  test("of a deployment by the first release, which kept versions by reference, is known", async () => {
    await pinned("fraud@production", { before: { models: { "fraud@production": { version: "3" } } } });
    expect(said).toEqual(["info: model fraud@production: version 3 → 4"]);
  });

  test("is asked for with the user and password", async () => {
    registry.login = "admin:s3cret-s3cret";
    expect(await pinned("fraud/4", { registry: { url: registry.url, username: "admin", password: "s3cret-s3cret" } })).toMatchObject({
      version: "4",
    });
  });
});

describe("nothing is served yet, and why is told", () => {
  test("before there is a registry", async () => {
    expect(await pinned("fraud@production", { registry: undefined })).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("the model registry comes with this deployment")]);
  });

  test.each([{}, { fraud: [] }])("while the registry has no version: %j", async (versions) => {
    registry.versions = versions;
    registry.aliases = {};
    expect(await pinned()).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("the registry has no version of it")]);
  });
});

describe("refuses", () => {
  test.each(["fraud", "fraud@", "fraud/0", "fraud/x", "a:b@c", "@production"])("the reference %s", async (reference) => {
    await expect(pinned(reference)).rejects.toThrow(
      `must be NAME@ALIAS or NAME/VERSION, for example "fraud@production" or "fraud/3", got "${reference}"`,
    );
  });

  test("an alias that the model does not have, and tells those it has", async () => {
    await expect(pinned("fraud@prodution")).rejects.toThrow(/no alias "prodution".*production \(version 4\), staging \(version 3\)/);
  });

  test("a version that there is not", async () => {
    await expect(pinned("fraud/9")).rejects.toThrow(`model "fraud" has no version 9 at ${registry.url}`);
  });

  test("a version that is not ready", async () => {
    registry.versions = { fraud: [{ version: "4", status: "FAILED_REGISTRATION" }] };
    await expect(pinned()).rejects.toThrow("FAILED_REGISTRATION, not READY");
  });

  test("to take away what is served because the registry forgot it", async () => {
    registry.versions = {};
    await expect(pinned("fraud@production", { before: ran("3") })).rejects.toThrow("version 3 is served, and the registry no longer knows");
  });

  test("a wrong password, without showing it", async () => {
    registry.login = "admin:right";
    const refusal = pinned("fraud@production", { registry: { url: registry.url, username: "admin", password: "hunter2hunter2" } });
    await expect(refusal).rejects.toThrow(/answered 401; set the registry's username and password/);
    await expect(refusal).rejects.not.toThrow("hunter2");
  });

  test("a registry that does not answer, with the next command", async () => {
    await expect(pinned("fraud@production", { registry: { url: "http://127.0.0.1:1" } })).rejects.toThrow(
      /registry at http:\/\/127.0.0.1:1 cannot be reached \(.*\)\. Start it, or .*--offline/,
    );
  });
});

describe("offline", () => {
  beforeEach(() => vi.stubEnv("MLSTACK_OFFLINE", "1"));

  test("is the version of the last deployment, and nobody is asked", async () => {
    const before: Deployed = { models: { api: { version: "3", sha256: SHA } } };
    expect(await pinned("fraud@production", { before })).toEqual({
      name: "fraud",
      reference: "fraud@production",
      version: "3",
      sha256: SHA,
    });
    expect(registry.asked).toEqual([]);
  });

  test("is refused where none has been served", async () => {
    await expect(pinned()).rejects.toThrow("--offline deploys what ran before, and this stack has served none");
  });
});

test("what is served is left for the next deployment", () => {
  const model = { name: "fraud", reference: "fraud@production", version: "4", sha256: SHA };
  expect(pinsOf({ api: model, later: undefined, spam: { name: "spam", reference: "spam/2", version: "2" } })).toEqual({
    api: { version: "4", sha256: SHA },
    spam: { version: "2" },
  });
});
