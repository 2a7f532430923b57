import {
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize } from "node:path";

import type { Entry } from "./context.ts";
import { type Build, planOf } from "./tag.ts";

/** Where the copy of a build's sources is, as a builder takes it. */
export interface BuildCopy {
  /** Absolute path of the context. */
  readonly context: string;
  /** Relative to the context, or absolute where it lies outside. */
  readonly dockerfile: string;
}

/** Where `copyBuild` puts the sources of a build below `folder`. */
export function copyOf({ dockerfile }: Pick<Build, "dockerfile">, folder: string): BuildCopy {
  const outside = normalize(dockerfile).startsWith("..");
  return { context: join(folder, "context"), dockerfile: outside ? join(folder, "Dockerfile") : dockerfile };
}

/**
 * Copies what a build may read to `folder`, which it replaces: the same on every machine, whatever the checkout is like.
 * Files have mode 0644 or 0755 and folders 0755, since a `umask` that keeps others out would keep the image's user out; the
 * Dockerfile and scripts end their lines with LF, without which no shell runs them; and what `.dockerignore` or the habits
 * of editors leave out is not there.
 */
export function copyBuild(build: Build, folder: string): BuildCopy {
  const { context, dockerfile, read } = planOf(build);
  const copy = copyOf(build, folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const folders = new Folders(copy.context);
  // All that may be read, and not what counts for the tag alone: triggers of a base are known to the builder only.
  for (const entry of context.all()) copyFile(context.root, copy.context, entry, folders);
  for (const { path, stats } of read) if (stats.isDirectory()) folders.make(path);

  const target = copy.dockerfile.startsWith(folder) ? copy.dockerfile : join(copy.context, copy.dockerfile);
  folders.make(dirname(copy.dockerfile.startsWith(folder) ? "." : copy.dockerfile));
  write(target, withoutReturns(readFileSync(dockerfile)), 0o644);
  if (context.ignoreFile !== undefined) {
    const ofContext = context.ignoreFile === join(context.root, ".dockerignore");
    write(ofContext ? join(copy.context, ".dockerignore") : `${target}.dockerignore`, readFileSync(context.ignoreFile), 0o644);
  }
  return copy;
}

/** The folders of a copy, each open to all whatever the `umask` is. */
class Folders {
  private readonly root: string;
  private readonly existing = new Set<string>();

  constructor(root: string) {
    this.root = root;
    this.make(".");
  }

  make(path: string): void {
    if (this.existing.has(path)) return;
    if (path !== ".") this.make(dirname(path));
    mkdirSync(join(this.root, path), { recursive: true });
    chmodSync(join(this.root, path), 0o755);
    this.existing.add(path);
  }
}

function copyFile(from: string, to: string, { path, stats }: Entry, folders: Folders): void {
  const [source, target] = [join(from, path), join(to, path)];
  folders.make(dirname(path));
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source), target);
    return;
  }
  const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
  const content = isScript(source) ? readFileSync(source) : undefined;
  if (content?.includes("\r\n")) write(target, withoutReturns(content), mode);
  // A second name of the same file costs nothing, however large it is.
  else if ((stats.mode & 0o777) === mode && linked(source, target)) return;
  else {
    copyFileSync(source, target);
    chmodSync(target, mode);
  }
  utimesSync(target, stats.atime, stats.mtime);
}

function linked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch {
    // Another disk, or a file of another user.
    return false;
  }
}

function isScript(path: string): boolean {
  if (path.endsWith(".sh")) return true;
  const file = openSync(path, "r");
  try {
    const begin = Buffer.alloc(2);
    readSync(file, begin);
    return begin.toString("latin1") === "#!";
  } finally {
    closeSync(file);
  }
}

function withoutReturns(text: Buffer): Buffer {
  return Buffer.from(text.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

/** Writes a new file: what has the name already may be a second name of a file of the user's. */
function write(path: string, content: Buffer, mode: number): void {
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}
