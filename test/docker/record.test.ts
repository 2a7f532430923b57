import { expect, test } from "vitest";

import { EMPTY_RECORD, recordIn } from "../../components/docker/record.ts";
import { placeIn } from "../../components/workload/adapter/index.ts";

const at = (types: string, name: string) => placeIn(`urn:pulumi:dev::shop::${types}::${name}`);

test("a state says what it has on the engine, and its id", () => {
  const state = [
    { place: at("pulumi:pulumi:Stack", "shop-dev"), outputs: {} },
    { place: at("mlstack:docker:Platform$pulumi:index:Stash", "owner"), outputs: { input: "other", output: "57a7e" } },
    { place: at("mlstack:index:Own$pulumi:index:Stash", "owner"), outputs: { output: "a user's own" } },
    { place: at("a$docker:index/network:Network", "net"), outputs: { id: "n1", name: "shop-net", labels: null } },
    { place: at("a$docker:index/volume:Volume", "data"), outputs: { id: "v", name: "shop-data", labels: [{ label: "a", value: "b" }] } },
    {
      place: at("a$docker:index/container:Container", "load"),
      outputs: { id: "c1", name: "shop-load", exitCode: 0, memory: 160, cpuQuota: null },
    },
  ];
  const record = recordIn(state);
  expect(record).toMatchObject({
    owner: "57a7e",
    networks: [{ id: "n1", name: "shop-net", labels: {} }],
    volumes: [{ labels: { a: "b" } }],
  });
  expect(record.containers[0]).toMatchObject({ id: "c1", exitCode: 0, memory: 160, cpuQuota: 0, restart: "no", networksAdvanced: [] });
  expect(record.containers[0]?.place).toEqual({ types: ["a", "docker:index/container:Container"], name: "load" });
});

test("a state without any deployment has nothing", () => expect(recordIn([])).toEqual(EMPTY_RECORD));
