import { afterEach, describe, expect, test, vi } from "vitest";

import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { OWNER_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import { Ownership, withOwner } from "../../components/docker/owner.ts";
import { EMPTY_RECORD, type StackRecord } from "../../components/docker/record.ts";
import { newId } from "../../components/workload/adapter/index.ts";
import { aContainer, aRecord } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";

const STACK = "shop/dev";
const named = { [STACK_LABEL]: STACK };
const owning = (record: Partial<StackRecord> = {}) => new Ownership(STACK, { ...EMPTY_RECORD, ...record }, "fresh");
const place = { types: ["docker:index/volume:Volume"], name: "data" };

describe("a container, network or volume is this stack's", () => {
  const known = { containers: [aRecord({ id: "c1" })], volumes: [{ name: "shop-data", labels: {}, place }] };

  test.each([
    ["that the state has, whatever its labels", known, { name: "x", id: "c1", labels: { [OWNER_LABEL]: "another" } }, true],
    ["that the state has by its name, as a volume", known, { name: "shop-data", labels: {} }, true],
    ["that has the state's id", { owner: "me" }, { name: "x", id: "c9", labels: { [OWNER_LABEL]: "me" } }, true],
    ["that was made by the first deployment, which was interrupted", {}, { name: "x", id: "c9", labels: { [OWNER_LABEL]: "fresh" } }, true],
    [
      "that has another state's id and the same stack name",
      { owner: "me" },
      { name: "x", id: "c9", labels: { ...named, [OWNER_LABEL]: "you" } },
      false,
    ],
    [
      "that a stack of that name has left, to a state that an earlier release has deployed",
      known,
      { name: "x", id: "c9", labels: named },
      true,
    ],
    ["the same, to a state that knows nothing", {}, { name: "x", id: "c9", labels: named }, false],
    ["the same, to a state that has its id since", { ...known, owner: "me" }, { name: "x", id: "c9", labels: named }, false],
    [
      "the same, in a network of the state: a job keeps its labels",
      { owner: "me", networks: [{ id: "n1", name: "shop-network", labels: {}, place }] },
      { name: "x", id: "c9", labels: named, networks: ["n1"] },
      true,
    ],
    ["that has no label", known, { name: "x", id: "c9", labels: {} }, false],
  ])("%s: %#", (_, record, thing, expected) => expect(owning(record).owns(thing)).toBe(expected));

  test("and marked so in what is on the engine", () => {
    const labels = { [OWNER_LABEL]: "fresh" };
    const view = {
      ...EMPTY_ENGINE,
      containers: new Map([
        ["a", aContainer({ labels, ours: false })],
        ["b", aContainer({ ours: false })],
      ]),
      networks: [{ id: "n", name: "n", subnets: [], labels, ours: false }],
      volumes: [{ name: "v", labels: {}, ours: false }],
    };
    const { containers, networks, volumes } = withOwner(view, owning());
    expect([containers.get("a")?.ours, containers.get("b")?.ours, networks[0]?.ours, volumes[0]?.ours]).toEqual([true, false, true, false]);
  });
});

describe("the id of a state that has none yet", () => {
  afterEach(() => vi.unstubAllEnvs());
  const idWith = async (variables: Record<string, string>, organization = "organization") => {
    await MockEngine.start();
    vi.stubEnv("MLSTACK_STATE_ID", undefined);
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    return newId(STACK, organization);
  };
  const FOLDER = { PULUMI_BACKEND_URL: "file:///root/state" };

  test("is the same for every run on it", async () => {
    expect(await idWith({ ...FOLDER, MLSTACK_STATE_ID: "a" })).toBe(await idWith({ ...FOLDER, MLSTACK_STATE_ID: "a" }));
    expect(await idWith({})).toBe(await idWith({}));
  });

  test.each([
    ["folder at the same path", { ...FOLDER, MLSTACK_STATE_ID: "a" }, { ...FOLDER, MLSTACK_STATE_ID: "b" }],
    ["folder of the same machine", { PULUMI_BACKEND_URL: "file:///a" }, { PULUMI_BACKEND_URL: "file:///b" }],
    ["bucket", { PULUMI_BACKEND_URL: "s3://a" }, { PULUMI_BACKEND_URL: "s3://b" }],
    ["home", { HOME: "/home/a" }, { HOME: "/home/b" }],
  ])("is another one for another %s", async (_, one, other) => expect(await idWith(one)).not.toBe(await idWith(other)));

  test("does not follow from the machine where machines share the state", async () => {
    const bucket = { PULUMI_BACKEND_URL: "s3://a" };
    expect(await idWith({ ...bucket, MLSTACK_STATE_ID: "a", HOME: "/a" })).toBe(
      await idWith({ ...bucket, MLSTACK_STATE_ID: "b", HOME: "/b" }),
    );
    expect(await idWith({ HOME: "/a" }, "acme")).toBe(await idWith({ HOME: "/b" }, "acme"));
    expect(await idWith({}, "acme")).not.toBe(await idWith({}, "other"));
  });
});
