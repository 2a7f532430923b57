import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const ELSEWHERE = new Set(["node_modules", "dist", ".git", ".pytest_cache", ".venv"]);

/** A document of the project. */
export interface Document {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

/** Every document of the project, wherever it is. */
export function documents(): Document[] {
  return markdownIn(ROOT).map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, "utf8") }));
}

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ELSEWHERE.has(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Blocks of one language. */
export function blocksIn({ text }: Document, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
}

/** Everything set as code inside a line, `like this`. */
export function codeIn({ text }: Document): string[] {
  const prose = text.replace(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replace(/\s+/g, " "));
}

/** Commands a document tells to run: lines of its shell blocks without their comments, and code inside lines. */
export function commandsIn(document: Document): string[] {
  const lines = blocksIn(document, "sh").flatMap((block) => block.split("\n"));
  const all = [...lines.map((line) => line.replace(/\s+#.*$/, "")), ...codeIn(document)];
  return all.map((line) => line.trim()).filter((line) => line !== "");
}

/** Links of a document that lead nowhere: to a file that does not exist, or to a heading that its file does not have. */
export function brokenLinks({ path, text }: Document): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target)).filter((target) => !leads(path, target));
}

function leads(from: string, target: string): boolean {
  const [file = "", heading] = target.split("#");
  const path = file === "" ? join(ROOT, from) : resolve(ROOT, dirname(from), file);
  if (!existsSync(path)) return false;
  return heading === undefined || headingsOf(readFileSync(path, "utf8")).includes(heading);
}

/** The names under which the headings of a text can be linked to. */
function headingsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(" ", "-")
      .replace(/[^\p{L}\p{N}_-]/gu, ""),
  );
}

const FOLDERS = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** Paths of the project that a document names as code and that do not exist. `*` and `{a,b}` stand for any name and for each. */
export function brokenPaths(document: Document): string[] {
  const paths = codeIn(document).filter(
    (code) => /^[\w./{},*-]+$/.test(code) && FOLDERS.includes(code.split("/")[0] ?? "") && code.includes("/"),
  );
  return paths.flatMap(alternatives).filter((path) => !isThere(path));
}

function alternatives(path: string): string[] {
  const group = /\{([^}]*)\}/.exec(path);
  if (group === null) return [path];
  return (group[1] ?? "").split(",").flatMap((one) => alternatives(path.replace(group[0], one)));
}

function isThere(path: string): boolean {
  const at = path.split("/").findIndex((part) => part.includes("*"));
  if (at < 0) return existsSync(join(ROOT, path));
  const folder = join(ROOT, path.split("/").slice(0, at).join("/"));
  const pattern = new RegExp(`^${(path.split("/")[at] ?? "").replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
  return existsSync(folder) && readdirSync(folder).some((name) => pattern.test(name));
}
