import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { isStale, stateId } from "../../tools/setup/backend.ts";
import { holderOf, refuseLocked } from "../../tools/setup/locks.ts";
import { zombie } from "../support/zombie.ts";

describe("a lock", () => {
  test("of a process that lives is left alone", () => expect(isStale({ pid: process.pid, hostname: hostname() })).toBe(false));
  test("of a process that is gone is stale", () => expect(isStale({ pid: 2 ** 22 + 1, hostname: hostname() })).toBe(true));
  test("of a process that was killed, and whose parent has not looked yet, is stale", async () => {
    const { pid, end } = await zombie();
    expect(isStale({ pid, hostname: hostname(), timestamp: new Date().toISOString() })).toBe(true);
    end();
  });
  test("of another machine is left alone", () => expect(isStale({ pid: 2 ** 22 + 1, hostname: "elsewhere" })).toBe(false));

  test("of a process whose number another one has had since is stale", () => {
    const before = "2020-01-01T00:00:00Z";
    expect(isStale({ pid: process.pid, hostname: hostname(), timestamp: before })).toBe(true);
    expect(isStale({ pid: process.pid, hostname: hostname(), timestamp: new Date().toISOString() })).toBe(false);
  });

  test("says who holds it, and what to do", () => {
    const stack = { folder: `${process.cwd()}/examples/model-serving`, project: "model-serving", name: "docker" };
    const lock = { pid: 42, username: "kim", hostname: "build-1", timestamp: "2026-11-25T10:00:00Z" };
    expect(holderOf(stack, lock)).toBe(
      "stack docker of model-serving is being deployed (process 42 of kim on build-1, since 2026-11-25T10:00:00Z); " +
        "wait until it has ended, or, if it is not there any more: npm run pulumi -- cancel --yes -s docker -C examples/model-serving",
    );
  });
});

describe("a state folder", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "mlstack-state-"));
    vi.stubEnv("MLSTACK_STATE", home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  test("has an id of its own, which stays", () => {
    const first = stateId();
    expect(stateId()).toBe(first);
    vi.stubEnv("MLSTACK_STATE", join(home, "other"));
    expect(stateId()).not.toBe(first);
  });

  test("refuses a command of Pulumi for a stack that is locked, with the holder and the next command", () => {
    const stack = { folder: `${process.cwd()}/examples/model-serving`, project: "model-serving", name: "docker" };
    expect(() => refuseLocked(stack)).not.toThrow();
    const locks = join(home, "backend/.pulumi/locks/organization/model-serving/docker");
    mkdirSync(locks, { recursive: true });
    const by = (pid: number, timestamp: string) =>
      writeFileSync(join(locks, "lock.json"), JSON.stringify({ pid, username: "kim", hostname: hostname(), timestamp }));
    const now = new Date().toISOString();
    by(process.pid, now);
    expect(() => refuseLocked(stack)).toThrow(
      `stack docker of model-serving is being deployed (process ${process.pid} of kim on ${hostname()}, since ${now}); wait until it has ended`,
    );
    by(2 ** 22 + 1, now);
    expect(() => refuseLocked(stack)).toThrow(
      `its last deployment no longer runs and did not end well (process ${2 ** 22 + 1} of kim on ${hostname()}, since ${now}); npm run repair -- model-serving, then this command again`,
    );
  });
});
