// One process at a time, of all that share a folder: for what would go wrong, or be done twice, if two commands did it at
// once. Plain JavaScript on any Node.js from 20 on, since the dependencies are installed under such a lock as well.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two looks at another's lock. */
const BETWEEN = 200;
/** Milliseconds after which a take-over that has not ended has been killed; it takes less than one. */
const TAKE_OVER = 10_000;
/** In the place of a start: the process has ended. */
const ENDED = "ended";

/**
 * Runs `work` while no other process does anything under the same lock; waits for one that does. A lock whose owner is gone
 * is taken over.
 *
 * @param path file that exists exactly while the lock is held; it names the owner
 * @param work done under the lock
 * @param onWait called once, with the owner's process id, when there is something to wait for
 */
export async function underLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  let waits = false;
  while (!acquired(path)) {
    const owner = ownerOf(path);
    // It was released just now.
    if (owner === undefined) continue;
    if (!isAlive(owner) && removedStale(path, owner)) continue;
    if (!waits) onWait(owner.pid);
    waits = true;
    await pause(BETWEEN);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Whether the process that `owner` describes still runs; its number may be another process' by now. */
export function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user may not be asked, but exists.
    if (error?.code !== "EPERM") return false;
  }
  const now = startOf(pid);
  // A process that was killed keeps its number until its parent looks.
  if (now === ENDED) return false;
  return started === undefined || now === undefined || started === now;
}

/** Appears with its content, so that no one reads half an owner. */
function acquired(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error?.code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error?.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Of several that find the same lock stale one removes it: a second might remove what the first has acquired since. */
function removedStale(path, stale) {
  const guard = `${path}.take-over`;
  try {
    mkdirSync(guard);
  } catch {
    const age = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - age > TAKE_OVER) rmSync(guard, { recursive: true, force: true });
    return false;
  }
  try {
    const now = ownerOf(path);
    if (now?.pid === stale.pid && now.started === stale.started) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/** When a process was started, in the kernel's own count; undefined where it does not say (only Linux does). */
function startOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\)/s, "").trim().split(" ");
    return "ZXx".includes(fields[0]) ? ENDED : fields[19];
  } catch {
    return undefined;
  }
}
