import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

import { isAlive, underLock } from "../../tools/lib/lock.mjs";
import { zombie } from "../support/zombie.ts";

const MODULE = pathToFileURL("tools/lib/lock.mjs").href;
let home: string;
let lock: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mlstack-lock-"));
  lock = join(home, "locks", "build");
});
afterEach(() => rmSync(home, { recursive: true }));

/** Another process that holds the lock until a line of input; resolves when it has the lock. */
async function holder(): Promise<ChildProcess> {
  const program = `
    import { underLock } from ${JSON.stringify(MODULE)};
    await underLock(${JSON.stringify(lock)}, () => new Promise((leave) => { console.log("in"); process.stdin.once("data", leave); }));
    process.exit();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("work under a lock returns its value, and leaves no lock behind", async () => {
  expect(await underLock(lock, () => existsSync(lock))).toBe(true);
  await expect(
    underLock(lock, () => {
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  expect(existsSync(lock)).toBe(false);
});

test("a second process waits for the first, says so once, and comes after it", async () => {
  const first = await holder();
  const owners: number[] = [];
  const order = join(home, "order");
  const second = underLock(
    lock,
    () => appendFileSync(order, "second"),
    (pid) => {
      owners.push(pid);
      appendFileSync(order, "waits ");
      first.stdin?.write("leave\n");
    },
  );
  await second;
  expect(owners).toEqual([first.pid]);
  expect(readFileSync(order, "utf8")).toBe("waits second");
});

test("the lock of a process that was killed is taken over", async () => {
  const first = await holder();
  first.kill("SIGKILL");
  await once(first, "exit");
  expect(existsSync(lock)).toBe(true);
  const owners: number[] = [];
  expect(
    await underLock(
      lock,
      () => "done",
      (pid) => owners.push(pid),
    ),
  ).toBe("done");
  expect(owners).toEqual([]);
});

test("the number of a process that is gone may be another one's by now", () => {
  expect(isAlive({ pid: process.pid })).toBe(true);
  expect(isAlive({ pid: process.pid, started: "1" })).toBe(false);
  expect(isAlive({ pid: 2 ** 22 + 1 })).toBe(false);
});

test("many processes at once do it one after another, also from a stale lock", async () => {
  await underLock(lock, () => {});
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
  const log = join(home, "log");
  const program = `
    import { appendFileSync } from "node:fs";
    import { underLock } from ${JSON.stringify(MODULE)};
    await underLock(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(log)}, "in ");
      await new Promise((resolve) => setImmediate(resolve));
      appendFileSync(${JSON.stringify(log)}, "out ");
    });
  `;
  const all = Array.from({ length: 6 }, () => spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "inherit" }));
  const codes = await Promise.all(all.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(readFileSync(log, "utf8")).toBe("in out ".repeat(6));
});

test("an owner that was killed, and whose parent has not looked yet, is gone", async () => {
  const { pid, end } = await zombie();
  expect(isAlive({ pid })).toBe(false);
  end();
});
