import { expect, test } from "vitest";

import { orphansIn, type Process } from "../../tools/setup/orphans.ts";

const MINE = "file:///home/kim/state/backend";
const process = (pid: number, parent: number, name: string, backend = MINE): Process => ({
  pid,
  parent,
  name,
  env: `HOME=/home/kim\0PULUMI_BACKEND_URL=${backend}\0`,
});
const pids = (all: readonly Process[]) => orphansIn(all, MINE).map(({ pid }) => pid);

test("plugins whose engine is gone are orphans, with the program that one of them runs", () => {
  const all = [process(1, 0, "init"), process(11, 1, "pulumi-resource"), process(12, 1, "pulumi-language"), process(13, 12, "node")];
  expect(pids(all)).toEqual([11, 12, 13]);
});

test("nothing of a deployment that runs is one", () => {
  const all = [process(1, 0, "init"), process(10, 1, "pulumi"), process(11, 10, "pulumi-resource"), process(12, 10, "pulumi-language")];
  expect(pids(all)).toEqual([]);
});

test("nor is what works on another state, or is no plugin", () => {
  const all = [
    process(1, 0, "init"),
    process(11, 1, "pulumi-resource", `${MINE}-of-another`),
    process(12, 1, "node"),
    process(13, 1, "pulumi-watch"),
  ];
  expect(pids(all)).toEqual([]);
});
