import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { ensureFolder, stateFolder } from "../lib/folders.ts";
import { lives } from "../lib/pid-file.ts";
import type { Stack } from "./stack.ts";

/** Folder of the stacks' state; the only place where files of Pulumi's own format are read is here. */
export function backendFolder(): string {
  return join(stateFolder(), "backend");
}

/** The passphrase that encrypts secrets in the state: random, generated once for this machine, readable by its user only. */
export function passphraseFile(): string {
  return randomFile("passphrase");
}

/** What tells this state folder from every other, also from one at the same path of another machine: random, generated once. */
export function stateId(): string {
  return readFileSync(randomFile("id"), "utf8").trim();
}

/** A file of the state folder that holds 256 random bits from its first use on. */
function randomFile(name: string): string {
  const path = join(ensureFolder(stateFolder(), 0o700), name);
  if (existsSync(path)) return path;
  const own = `${path}.${process.pid}`;
  writeFileSync(own, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(own, path);
  } catch (error) {
    // Another command was first, and its file is the one.
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(own);
  }
  return path;
}

/** What is read here of a stack's state. */
export interface Checkpoint {
  readonly manifest?: { readonly time?: string };
  readonly resources?: readonly {
    readonly type: string;
    readonly urn: string;
    readonly id?: string;
    readonly external?: boolean;
    readonly parent?: string;
    readonly retainOnDelete?: boolean;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
  }[];
  readonly pending_operations?: readonly unknown[];
  readonly secrets_providers?: { readonly type?: string; readonly state?: { readonly salt?: string } };
}

/** Where a stack's last state is. */
export function checkpointFile({ project, name }: Pick<Stack, "project" | "name">): string {
  return join(backendFolder(), ".pulumi", "stacks", project, `${name}.json`);
}

/** The last state of a stack; empty for one that has never been deployed, undefined for one that does not exist. */
export function checkpointOf(stack: Pick<Stack, "project" | "name">): Checkpoint | undefined {
  const path = checkpointFile(stack);
  if (!existsSync(path)) return undefined;
  const state: { checkpoint?: { latest?: Checkpoint | null } } = JSON.parse(readFileSync(path, "utf8"));
  return state.checkpoint?.latest ?? {};
}

/** Projects and stacks that exist, without their folders, which the state does not know. */
export function existingStacks(): readonly Pick<Stack, "project" | "name">[] {
  const folder = join(backendFolder(), ".pulumi", "stacks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((project) =>
    readdirSync(join(folder, project))
      .filter((file) => file.endsWith(".json"))
      .map((file) => ({ project, name: file.slice(0, -".json".length) })),
  );
}

/** What Pulumi writes into the lock of a stack. */
export interface Lock {
  readonly pid?: number;
  readonly username?: string;
  readonly hostname?: string;
  readonly timestamp?: string;
}

/** The locks of a stack: one for each deployment that runs, or was killed. */
export function locksOf({ project, name }: Stack): readonly { readonly path: string; readonly lock: Lock }[] {
  const folder = join(backendFolder(), ".pulumi", "locks", "organization", project, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => join(folder, file))
    .flatMap((path) => {
      // A deployment that ends just now takes its lock with it.
      if (!existsSync(path)) return [];
      const lock: Lock = JSON.parse(readFileSync(path, "utf8"));
      return [{ path, lock }];
    });
}

/** Whether the deployment that holds a lock is gone: a lock of another machine may be alive, one of this machine is when its process is. */
export function isStale({ pid, hostname: host, timestamp }: Lock): boolean {
  const seen = timestamp === undefined ? undefined : Date.parse(timestamp);
  return host === hostname() && pid !== undefined && !lives(pid, seen);
}
