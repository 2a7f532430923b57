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
  registry.answers = undefined;
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

const NOBODY = { url: "http://127.0.0.1:1" };
const served = (name: string, version: string): Deployed => ({ models: { api: { name, version, sha256: SHA } } });

describe("nothing is served yet, and why is said", () => {
  test("before there is a registry", async () => {
    expect(await pinned("fraud@production", { registry: undefined })).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("not served yet, since no deployment of this stack has published a model registry yet")]);
  });

  test("while a first deployment has failed, and left the address of a registry that never ran", async () => {
    expect(await pinned("fraud@production", { registry: NOBODY })).toBeUndefined();
    expect(said).toEqual([
      expect.stringMatching(/^warn: .*not served yet, since the model registry at http:\/\/127\.0\.0\.1:1 does not answer \(.+\)/),
    ]);
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

  test.each([
    { where: "fraud/4", before: served("fraud", "3"), now: "version 3" },
    { where: "fraud@production", before: served("spam", "3"), now: "spam version 3" },
  ])("$where, which nobody confirms, where $now is served", async ({ where, before, now }) => {
    await expect(pinned(where, { before, registry: NOBODY })).rejects.toThrow(
      new RegExp(`model ${where}: ${now} is served now, and no registry confirms ${where}, since .* Deploy first with (fraud|spam)/3`),
    );
  });
});

describe("the version of the last deployment stays, and a warning says why", () => {
  const stays = (why: string) => new RegExp(`^warn: model fraud@production: version 3 stays, since .*${why}`);

  test("where the registry does not answer, for this deployment may bring it back", async () => {
    expect(await pinned("fraud@production", { before: served("fraud", "3"), registry: NOBODY })).toMatchObject({
      version: "3",
      sha256: SHA,
    });
    expect(said).toEqual([expect.stringMatching(stays("does not answer"))]);
  });

  test("where the registry does not know a password that this deployment sets, which is not shown", async () => {
    registry.login = "admin:right";
    const login = { url: registry.url, username: "admin", password: "hunter2hunter2" };
    expect(await pinned("fraud@production", { before: served("fraud", "3"), registry: login })).toMatchObject({ version: "3" });
    expect(said).toEqual([expect.stringMatching(stays("answered 401 .*take effect with this deployment"))]);
    expect(said.join()).not.toContain("hunter2");
  });

  test("where the registry is no longer published", async () => {
    const unasked = "MLflow is not published";
    expect(await pinned("fraud@production", { before: served("fraud", "3"), registry: undefined, unasked })).toMatchObject({
      version: "3",
    });
    expect(said).toEqual([expect.stringMatching(stays("MLflow is not published"))]);
  });

  test("where another program answers at its address", async () => {
    registry.answers = "<html>";
    expect(await pinned("fraud@production", { before: served("fraud", "3") })).toMatchObject({ version: "3" });
    expect(said).toEqual([expect.stringMatching(stays("is no model registry"))]);
  });

  test("without a warning where the reference is that very version", async () => {
    expect(await pinned("fraud/3", { before: served("fraud", "3"), registry: NOBODY })).toMatchObject({ version: "3" });
    expect(said).toEqual([]);
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

  test("is nothing where none has been served, so that a first deployment that failed can be repeated", async () => {
    expect(await pinned()).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("not served yet, since --offline asks no model registry")]);
  });

  test("is what runs, also where the file names another version", async () => {
    expect(await pinned("fraud/4", { before: served("fraud", "3") })).toMatchObject({ version: "3" });
    expect(said).toEqual([expect.stringContaining("version 3 stays, since --offline")]);
  });
});

test("what is served is left for the next deployment", () => {
  const model = { name: "fraud", reference: "fraud@production", version: "4", sha256: SHA };
  expect(pinsOf({ api: model, later: undefined, spam: { name: "spam", reference: "spam/2", version: "2" } })).toEqual({
    api: { name: "fraud", version: "4", sha256: SHA },
    spam: { name: "spam", version: "2" },
  });
});
