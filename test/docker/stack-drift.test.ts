import { describe, expect, test } from "vitest";

import type { EngineView } from "../../components/docker/engine-view.ts";
import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { COMMAND_LABEL, OWNER_LABEL, STACK_LABEL, WORKLOAD_LABEL } from "../../components/docker/labels.ts";
import { Ownership, withOwner } from "../../components/docker/owner.ts";
import { EMPTY_RECORD, type StackRecord } from "../../components/docker/record.ts";
import { declaredDrift } from "../../components/docker/stack-drift.ts";
import { strangersOn } from "../../components/docker/strangers.ts";
import { aContainer, aDetail, aRecord, CONTAINER, NETWORK, STATE, VOLUME } from "../support/docker.ts";

const OWN = { [STACK_LABEL]: "shop/test", [OWNER_LABEL]: STATE };
const place = (noun: string, type: string, name: string) => ({ types: ["mlstack:docker:Platform", `mlstack:docker:${noun}`, type], name });
const RECORD: StackRecord = {
  ...EMPTY_RECORD,
  owner: STATE,
  networks: [{ id: "n1", name: "shop-network", labels: OWN, place: { types: ["mlstack:docker:Platform", NETWORK], name: "shop-network" } }],
  volumes: [
    { name: "shop-data", labels: OWN, place: place("Volume", VOLUME, "data") },
    { name: "shop-conf-1", labels: { ...OWN, [WORKLOAD_LABEL]: "conf" }, place: place("ConfigFiles", VOLUME, "conf-1") },
  ],
  containers: [
    aRecord(),
    aRecord({ id: "j1", name: "shop-load", place: place("Job", CONTAINER, "load"), mounts: [mount("shop-data", "/data")] }),
    aRecord({
      id: "c1",
      name: "shop-conf-1-carrier",
      place: place("ConfigFiles", CONTAINER, "conf-1"),
      mounts: [mount("shop-conf-1", "/files")],
      uploads: [{ file: "/files/a.txt", content: "one" }],
    }),
  ],
};
const CLEAN: EngineView = {
  ...EMPTY_ENGINE,
  details: new Map([["0123456789abcdef", aDetail()]]),
  networks: [{ id: "n1", name: "shop-network", subnets: [], labels: OWN, ours: true }],
  volumes: ["shop-data", "shop-conf-1"].map((name) => ({ name, labels: { ...OWN, [WORKLOAD_LABEL]: "conf" }, ours: true })),
  files: new Map([["shop-conf-1", { "a.txt": "one" }]]),
};

function mount(source: string, target: string) {
  return { type: "volume", source, target, readOnly: false };
}

describe("what a deployment made", () => {
  const drift = (view: Partial<EngineView>) =>
    declaredDrift(RECORD, { ...CLEAN, ...view }).map(({ subject, what, next }) => `${subject} ${what}: ${next}`);
  const volumes = (...names: string[]) => CLEAN.volumes.filter(({ name }) => names.includes(name));

  test("is as it was left", () => expect(drift({})).toEqual([]));

  test.each<[string, Partial<EngineView>, string[]]>([
    ["a container", { details: new Map() }, ["api-0 is gone: made again"]],
    ["the network", { networks: [] }, ["network shop-network is gone: made again"]],
    [
      "a volume, and with it what a job left there",
      { volumes: volumes("shop-conf-1") },
      ["volume data is gone with its data: made again", "load worked on volume data, which is gone: run again"],
    ],
    ["files", { volumes: volumes("shop-data") }, ["volume conf-1 is gone, and the files conf with it: made again"]],
  ])("%s is gone", (_, view, expected) => expect(drift(view)).toEqual(expected));

  test("is a volume of another's under the same name", () => {
    const strange = [{ name: "shop-data", labels: {}, ours: true }, ...volumes("shop-conf-1")];
    expect(drift({ volumes: strange })).toEqual(["volume data was made by hand under the same name: left alone"]);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ["of another content", { "a.txt": "two" }, ["files conf were changed by hand (a.txt): made again"]],
    ["removed", {}, ["files conf were changed by hand (a.txt): made again"]],
    ["added", { "a.txt": "one", b: "" }, ["files conf have others beside them by hand (b): left alone"]],
  ])("is files %s", (_, files, expected) => expect(drift({ files: new Map([["shop-conf-1", files]]) })).toEqual(expected));

  test("is files that no container shows: nobody reads them", () => expect(drift({ files: new Map() })).toEqual([]));
});

describe("what no deployment made", () => {
  const found = (containers: Record<string, Partial<Parameters<typeof aContainer>[0]>>, networks: EngineView["networks"] = []) => {
    const all = new Map(Object.entries(containers).map(([name, one]) => [name, aContainer({ id: name, ours: false, ...one })]));
    const view = withOwner(
      { ...CLEAN, containers: all, networks: [...CLEAN.networks, ...networks] },
      new Ownership("shop/test", RECORD, STATE),
    );
    return strangersOn(view, RECORD, { stack: "shop/test", owner: STATE }, new Map([["shop-api-0", ["image"]]])).map(
      ({ subject, what, next, remedy }) => [subject, what, next, remedy],
    );
  };
  const labelled = "carries the labels of this stack, and no deployment has made it";

  test.each<[string, Parameters<typeof found>[0], ReturnType<typeof found>]>([
    ["with the state's id", { x: { labels: OWN } }, [["container x", labelled, "left alone", "npm run repair"]]],
    [
      "with the stack's name and no id",
      { x: { labels: { [STACK_LABEL]: "shop/test" } } },
      [["container x", labelled, "left alone", "docker rm -f x"]],
    ],
    [
      "in the stack's network",
      { x: { networks: ["n1"] } },
      [
        [
          "container x",
          "is in the stack's network, and no deployment has made it",
          "left alone",
          "docker network disconnect shop-network x",
        ],
      ],
    ],
    [
      "under a name of the stack's, labelled like it",
      { "shop-api-0": { labels: OWN } },
      [["container shop-api-0", "was made by hand under the name of api-0, with another image", "made again", undefined]],
    ],
    [
      "under a name of the stack's",
      { "shop-load": {} },
      [["container shop-load", "was made by hand under the name of load", "refused", "docker rm -f shop-load"]],
    ],
  ])("is a container %s", (_, containers, expected) => expect(found(containers)).toEqual(expected));

  test.each<[string, Parameters<typeof found>[0]]>([
    ["run of a task", { x: { labels: { ...OWN, [COMMAND_LABEL]: "1" }, networks: ["n1"] } }],
    ["container of another state's stack of the same name", { x: { labels: { ...OWN, [OWNER_LABEL]: "another" } } }],
    ["container of the stack", { "shop-api-0": { id: "0123456789abcdef", labels: OWN, networks: ["n1"] } }],
    ["container of nothing of it", { x: {} }],
  ])("is no %s", (_, containers) => expect(found(containers)).toEqual([]));

  test("is a network", () => {
    const network = (name: string, labels: Record<string, string>) => [{ id: "n2", name, subnets: [], labels, ours: false }];
    expect(found({}, network("x", OWN))).toEqual([["network x", labelled, "left alone", "npm run repair"]]);
    expect(found({}, network("shop-network", {}))).toEqual([
      ["network shop-network", "was made by hand under the name of the stack's", "refused", "docker network rm shop-network"],
    ]);
    expect(found({}, network("x", {}))).toEqual([]);
  });
});
