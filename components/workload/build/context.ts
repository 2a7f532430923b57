import { existsSync, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";

/**
 * What an editor, an operating system or a test run leaves in a folder, and what is fetched again by a build. None of it goes
 * into an image, unless the `.dockerignore` says so (`!node_modules`) or the Dockerfile names it.
 */
const LEFT_OUT = [
  ...["__pycache__", "*.py[co]", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".venv", "node_modules", ".git"],
  ...[".DS_Store", "Thumbs.db", ".*.sw[a-p]", "*~", "\\#*\\#", ".\\#*"],
].map((name) => `**/${name}`);

type Rules = ReturnType<typeof dockerignore.default>;

/** One thing of a context: a file, a link, or a folder that the Dockerfile names though nothing is in it. */
export interface Entry {
  /** Relative to the context, with slashes. */
  readonly path: string;
  readonly stats: Stats;
}

/** The files below `root` that a build can read, as BuildKit takes them: its `.dockerignore` holds. */
export class BuildContext {
  readonly root: string;
  /** Absolute path of the file of rules that holds. */
  readonly ignoreFile: string | undefined;
  private readonly rules: Rules;
  /** Where a rule takes something back in, as far as it is spelt out; a folder above must be looked into. */
  private readonly exceptions: readonly string[];

  /**
   * @param root absolute · @param dockerfile absolute; a `<dockerfile>.dockerignore` goes before the context's
   * @param named paths that the Dockerfile itself names · @throws an error with a `code`, as Node.js has them, for rules that cannot be read
   */
  constructor(root: string, dockerfile: string, named: readonly string[] = []) {
    this.root = root;
    this.ignoreFile = [`${dockerfile}.dockerignore`, join(root, ".dockerignore")].find((path) => existsSync(path));
    const patterns = (this.ignoreFile === undefined ? "" : readFileSync(this.ignoreFile, "utf8"))
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map(literal);
    const defaults = matcher(LEFT_OUT);
    const wanted = named.filter((path) => defaults.ignores(path)).map((path) => `!${literal(path)}`);
    const all = [...LEFT_OUT, ...wanted, ...patterns];
    const wrong = patterns.find((pattern) => !isPattern(pattern));
    if (wrong !== undefined) throw new PatternError(`${this.ignoreFile}: "${wrong}" is not a valid pattern`);
    this.rules = matcher(all);
    this.exceptions = all
      .filter((pattern) => pattern.startsWith("!"))
      .map((pattern) =>
        pattern
          .slice(1)
          .trim()
          .replace(/^\//, "")
          .replace(/[*?[\\].*$/, ""),
      );
  }

  /** Files and links of the whole context, in a stable order. */
  all(): Entry[] {
    return this.below("");
  }

  /** What `source` names: a file, a folder with all below it, or a pattern. Undefined when a link leads out of that place. */
  read(source: string): Entry[] | undefined {
    const segments = source.split("/");
    const wild = segments.findIndex((segment) => /[*?]/.test(segment));
    const fixed = wild === -1 ? segments : segments.slice(0, wild);
    for (let depth = 1; depth <= fixed.length; depth++) {
      const stats = this.stats(fixed.slice(0, depth).join("/"));
      if (stats === undefined) return [];
      if (stats.isSymbolicLink()) return undefined;
    }
    const start = fixed.join("/");
    if (wild === -1) return this.at(start);
    const pattern = patternOf(segments);
    const found = this.below(start).filter(({ path }) => pattern.test(path));
    const linked = found.some(({ path, stats }) => stats.isSymbolicLink() && path.split("/").length <= segments.length);
    return linked ? undefined : found;
  }

  private at(path: string): Entry[] {
    const stats = this.stats(path);
    if (stats === undefined) return [];
    if (!stats.isDirectory()) return isRead(stats) && !this.rules.ignores(path) ? [{ path, stats }] : [];
    const below = this.below(path);
    return below.length === 0 ? [{ path, stats }] : below;
  }

  private below(folder: string): Entry[] {
    return entriesOf(join(this.root, folder)).flatMap((name) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      const ignored = this.rules.ignores(path);
      if (ignored && !this.exceptions.some((one) => one.startsWith(`${path}/`) || `${path}/`.startsWith(one))) return [];
      const stats = this.stats(path);
      if (stats === undefined) return [];
      if (stats.isDirectory()) return this.below(path);
      return !ignored && isRead(stats) ? [{ path, stats }] : [];
    });
  }

  private stats(path: string): Stats | undefined {
    return unlessMissing(() => lstatSync(join(this.root, path)));
  }
}

/** Sockets, pipes and devices belong to running programs. */
function isRead(stats: Stats): boolean {
  return stats.isFile() || stats.isSymbolicLink();
}

function entriesOf(folder: string): string[] {
  return unlessMissing(() => readdirSync(folder))?.sort() ?? [];
}

/** Rules by their patterns: most images of a program have the same ones, and each remembers the paths that it has met. */
const matchers = new Map<string, Rules>();

function matcher(patterns: readonly string[]): Rules {
  const id = patterns.join("\n");
  const rules = matchers.get(id) ?? dockerignore.default({ ignorecase: false }).add([...patterns]);
  matchers.set(id, rules);
  return rules;
}

/** Builders refuse the whole file because of one such pattern. */
class PatternError extends Error {
  readonly code = "EINVAL";
}

function isPattern(pattern: string): boolean {
  try {
    matcher([pattern]).ignores("a");
    return true;
  } catch {
    return false;
  }
}

/** The library hands these to a regular expression as they are; Docker takes them for themselves. */
function literal(pattern: string): string {
  return pattern.replaceAll(/(\\.)|[+(){}|]/g, (found, escaped?: string) => escaped ?? `\\${found}`);
}

/** What `*` and `?` of a `COPY` match: within one part of the path, and all that is below. */
function patternOf(segments: readonly string[]): RegExp {
  const parts = segments.map((segment) =>
    segment.replaceAll(/[.*+?^${}()|[\]\\]/g, (found) => (found === "*" ? "[^/]*" : found === "?" ? "[^/]" : `\\${found}`)),
  );
  return new RegExp(`^${parts.join("/")}(/|$)`);
}

/** What is read, or undefined where nothing is: there never was, or it went while others were read. */
function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}
