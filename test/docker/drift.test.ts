import { describe, expect, test } from "vitest";

import { type Duty, deviationOf, furtherNetworkOf, hasGivenUp, strangeVolume } from "../../components/docker/drift.ts";
import type { ContainerDetail, Limits } from "../../components/docker/engine-view.ts";
import { deviationText } from "../../components/workload/drift.ts";
import { aDetail, aRecord } from "../support/docker.ts";

const AGAIN = "it will be made again";
const START = "it will be started again";
const text = (...args: Parameters<typeof deviationOf>) => {
  const deviation = deviationOf(...args);
  return deviation && deviationText(deviation);
};
const limits = (changes: Partial<Limits>) => ({ limits: { ...aDetail().limits, ...changes } });
const trainer = { restart: "on-failure", maxRetryCount: 3 };
const training = { restart: { name: "on-failure", maximum: 3 } };
const exited = (exitCode: number, changes: Partial<ContainerDetail> = {}) => ({ status: "exited" as const, exitCode, ...changes });

test.each<[string, Duty, Partial<ContainerDetail> | undefined, string | undefined]>([
  ["as it was left", "serves", {}, undefined],
  ["removed", "serves", undefined, `is gone: ${AGAIN}`],
  ["stopped", "serves", exited(137), `was stopped by hand: ${START}`],
  ["paused", "serves", { status: "paused" }, `was paused by hand: ${START}`],
  ["never started", "serves", { status: "created" }, "was made and never started: it will be started"],
  ["being restarted by the engine", "serves", { status: "restarting", exitCode: 1 }, undefined],
  ["renamed", "serves", { name: "mine" }, `was renamed to mine by hand: ${AGAIN}`],
  ["given more memory", "serves", { memory: 1024 ** 3 }, `has another memory limit than the stack gives it: ${AGAIN}`],
  ["given more swap", "serves", { memorySwap: -1 }, `has another limit of memory and swap than the stack gives it: ${AGAIN}`],
  ["given fewer processors", "serves", { cpuQuota: 50_000 }, `has another processor limit than the stack gives it: ${AGAIN}`],
  [
    "never to be restarted",
    "serves",
    { restart: { name: "no", maximum: 0 } },
    `has another restart policy than the stack gives it: ${AGAIN}`,
  ],
  ["given another period", "serves", limits({ cpuPeriod: 50_000 }), `has another processor period than the stack gives it: ${AGAIN}`],
  ["tied to a processor", "serves", limits({ cpus: "0" }), `has another choice of processors than the stack gives it: ${AGAIN}`],
  ["tied to a memory node", "serves", limits({ memoryNodes: "0" }), `has another choice of memory nodes than the stack gives it: ${AGAIN}`],
  ["allowed few processes", "serves", limits({ processes: 9 }), `has another limit of processes than the stack gives it: ${AGAIN}`],
  ["given a weight", "serves", limits({ diskWeight: 10 }), `has another weight on disks than the stack gives it: ${AGAIN}`],
  ["given real time", "serves", limits({ realTime: 10 }), `has another share of real time than the stack gives it: ${AGAIN}`],
  ["given more of the processors", "serves", { cpuShares: 9 }, `has another share of the processors than the stack gives it: ${AGAIN}`],
  ["promised memory", "serves", { memoryReservation: 9 }, `has another memory reservation than the stack gives it: ${AGAIN}`],
  ["disconnected", "serves", { networks: {} }, `was disconnected from network shop-network by hand: ${AGAIN}`],
  ["connected anew", "serves", { networks: { "shop-network": [] } }, `has lost its name api in network shop-network: ${AGAIN}`],
  ["connected to one more network", "serves", { networks: { "shop-network": ["api", "api-0"], other: [] } }, undefined],
  ["a task that waits", "waits", { status: "created" }, undefined],
  [
    "a task that is given less memory",
    "waits",
    { status: "created", memory: 1 },
    `has another memory limit than the stack gives it: ${AGAIN}`,
  ],
  ["a task that is removed", "waits", undefined, `is gone: ${AGAIN}`],
  ["a job's, removed: its result is there", "works", undefined, undefined],
  ["a job's, with another limit", "works", exited(0, { memory: 1 }), undefined],
])("a container %s", (_, duty, now, expected) => {
  expect(text(aRecord(), now === undefined ? undefined : aDetail(now), duty)).toBe(expected);
});

describe("a member", () => {
  test.each<[string, Partial<ContainerDetail> | undefined, string | undefined, boolean]>([
    ["that trains", {}, undefined, false],
    ["that has ended well", exited(0), undefined, false],
    ["that has used all its restarts", exited(1, { restarts: 3 }), undefined, true],
    ["that is stopped by hand", exited(143, { restarts: 1 }), `was stopped by hand: ${START}`, false],
    ["that is removed", undefined, `is gone: ${AGAIN}`, false],
  ])("%s", (_, now, expected, gaveUp) => {
    const detail = now === undefined ? undefined : aDetail({ ...training, ...now });
    expect(text(aRecord(trainer), detail, "trains")).toBe(expected);
    expect(detail !== undefined && hasGivenUp("trains", detail)).toBe(gaveUp);
  });

  test.each<[string, Partial<ContainerDetail>, boolean]>([
    ["failed", exited(1), true],
    ["ran out of memory", exited(137, { isOutOfMemory: true }), true],
    ["was stopped by hand", exited(143), false],
    ["was killed by hand", exited(137), false],
  ])("without any restart that %s", (_, now, expected) => {
    expect(hasGivenUp("trains", aDetail({ restart: { name: "no", maximum: 0 }, ...now }))).toBe(expected);
  });
});

describe("a further network", () => {
  const joined = { networks: { "shop-network": ["api", "api-0"], other: [] } };

  test("is left, and said with what takes it away", () => {
    expect(furtherNetworkOf(aRecord(), aDetail(joined), "serves")).toEqual({
      what: "was connected to network other by hand",
      next: "left alone",
      outcome: "it stays there",
      remedy: "docker network disconnect other shop-api-0",
    });
  });

  test("is none of a container that is only in its own, is done, or is in none of the stack's", () => {
    expect(furtherNetworkOf(aRecord(), aDetail(), "serves")).toBeUndefined();
    expect(furtherNetworkOf(aRecord(), aDetail(joined), "works")).toBeUndefined();
    expect(furtherNetworkOf(aRecord({ networksAdvanced: [] }), aDetail({ networks: { none: [] } }), "waits")).toBeUndefined();
  });
});

test("a volume is strange that lacks a label of the one that a deployment made; further labels are none of it", () => {
  const volume = (labels: Record<string, string>) => ({ name: "shop-data", labels });
  expect(strangeVolume(volume({ a: "1" }), volume({ a: "1", b: "2" }))).toBeUndefined();
  expect(strangeVolume(volume({ a: "1" }), undefined)).toBeUndefined();
  expect(strangeVolume(volume({ a: "1" }), volume({ b: "2" }))).toMatchObject({ next: "left alone" });
});
