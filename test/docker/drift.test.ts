import { describe, expect, test } from "vitest";

import { type Duty, deviationOf, hasGivenUp } from "../../components/docker/drift.ts";
import type { ContainerDetail } from "../../components/docker/engine-view.ts";
import { aDetail, aRecord } from "../support/docker.ts";

const AGAIN = "it will be made again";
const START = "it will be started again";
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
  ["disconnected", "serves", { networks: {} }, `was disconnected from network shop-network by hand: ${AGAIN}`],
  ["connected anew", "serves", { networks: { "shop-network": [] } }, `has lost its name api in network shop-network: ${AGAIN}`],
  ["connected to one more network", "serves", { networks: { "shop-network": ["api", "api-0"], other: [] } }, undefined],
  ["a task that waits", "waits", { status: "created" }, undefined],
  ["a task that is removed", "waits", undefined, `is gone: ${AGAIN}`],
  ["a job's, removed: its result is there", "works", undefined, undefined],
  ["a job's, with another limit", "works", exited(0, { memory: 1 }), undefined],
])("a container %s", (_, duty, now, expected) => {
  expect(deviationOf(aRecord(), now === undefined ? undefined : aDetail(now), duty)).toBe(expected);
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
    expect(deviationOf(aRecord(trainer), detail, "trains")).toBe(expected);
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
