import type { Instruction as Node } from "dockerfile-ast";
import { DockerfileParser } from "dockerfile-ast";

/** What of a Dockerfile decides which files and arguments go into a stage, and whether a build can succeed. */
export interface Dockerfile {
  /** `ARG`s before the first `FROM`, with their default. */
  readonly globals: ReadonlyMap<string, string | undefined>;
  readonly stages: readonly Stage[];
  /** Names of all `ARG`s, wherever they are declared. */
  readonly args: ReadonlySet<string>;
  /** The frontend that `# syntax=` names. */
  readonly syntax: string | undefined;
}

/** What begins with a `FROM`. */
export interface Stage {
  readonly name: string | undefined;
  /** What it begins from, as it is written: an image, an argument, or an earlier stage. */
  readonly from: string;
  /** Whether `--platform=$BUILDPLATFORM` holds it on the builder's own platform, whatever is built for. */
  readonly native: boolean;
  /** Names of the `ARG`s that it declares. */
  readonly args: readonly string[];
  /** Its `FROM` and all that follows. */
  readonly instructions: readonly Instruction[];
}

export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** As it is written, without comments, blank lines and spaces at the ends of lines. */
  readonly text: string;
  /** `--name=value`, in order; a flag without a value has the empty one. */
  readonly flags: readonly (readonly [name: string, value: string])[];
  /** Arguments of a `COPY` or `ADD`, here-documents left out; undefined for others, and where quotes or escapes decide. */
  readonly words: readonly string[] | undefined;
}

const KEYWORDS = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(" "),
);

/** Dockerfiles that were read, by their text: one is looked at for mistakes, for a tag, and for a copy. */
const known = new Map<string, Dockerfile | undefined>();

/** Reads a Dockerfile; undefined when it has a line that is no instruction, so that no reading of it can be relied on. */
export function parseDockerfile(text: string): Dockerfile | undefined {
  if (!known.has(text)) known.set(text, read(text.replaceAll("\r\n", "\n")));
  return known.get(text);
}

function read(text: string): Dockerfile | undefined {
  const lines = text.split("\n");
  const file = DockerfileParser.parse(text);
  const globals = new Map<string, string | undefined>();
  const args = new Set<string>();
  const stages: { name: string | undefined; from: string; native: boolean; args: string[]; instructions: Instruction[] }[] = [];

  for (const node of file.getInstructions()) {
    const { instruction, rest } = instructionOf(node, lines, file.getEscapeCharacter());
    if (!KEYWORDS.has(instruction.keyword)) return undefined;
    const stage = stages.at(-1);
    if (instruction.keyword === "FROM") {
      const [from = "", , name] = rest.split(/\s+/);
      const native = instruction.flags.some(([flag, value]) => flag === "platform" && /^["']?\$\{?BUILDPLATFORM\b/.test(value));
      stages.push({ name, from, native, args: [], instructions: [instruction] });
      continue;
    }
    for (const [name, value] of instruction.keyword === "ARG" ? declarations(rest) : []) {
      args.add(name);
      if (stage === undefined) globals.set(name, value);
      else stage.args.push(name);
    }
    stage?.instructions.push(instruction);
  }
  const syntax = file.getDirectives().find((directive) => directive.getName().toLowerCase() === "syntax");
  return { globals, stages, args, syntax: syntax?.getValue() };
}

/** Position of the stage that a build of `target` ends with: the last one by default; -1 when there is none of that name or number. */
export function stageIndex({ stages }: Dockerfile, target: string | undefined): number {
  if (target === undefined) return stages.length - 1;
  return stages.findIndex(({ name }, number) => name?.toLowerCase() === target.toLowerCase() || String(number) === target);
}

/** An instruction, and what follows its flags, on one line but for here-documents. */
function instructionOf(node: Node, lines: readonly string[], escapeCharacter: string): { instruction: Instruction; rest: string } {
  const keyword = node.getKeyword();
  const range = node.getRange();
  const written = lines.slice(range.start.line, range.end.line + 1);
  const uncommented = written.filter((line, number) => number === 0 || !/^\s*(#|$)/.test(line)).map((line) => line.trimEnd());
  // A here-document keeps its lines as they are: what looks like a comment there is content.
  const text = (written.some((line) => line.includes("<<")) ? written : uncommented).join("\n").trim();
  const joined = uncommented.join("\n").replaceAll(new RegExp(`\\${escapeCharacter}[ \\t]*(\\n|$)`, "g"), " ");
  const [, given = "", rest = ""] = /^\s*\S+\s*((?:--\S+\s+)*)(.*)$/s.exec(joined) ?? [];
  const words = keyword === "COPY" || keyword === "ADD" ? wordsOf(rest) : undefined;
  return { instruction: { keyword, text, flags: flagsOf(given), words }, rest };
}

function flagsOf(given: string): [name: string, value: string][] {
  return [...given.matchAll(/--([^\s=]+)(?:=(\S*))?/g)].map(([, name = "", value = ""]) => [name.toLowerCase(), value]);
}

/** Sources and destination of a `COPY` or `ADD`, in either of its forms; undefined where quotes or escapes decide. */
function wordsOf(rest: string): string[] | undefined {
  if (rest.startsWith("[")) {
    try {
      const list: unknown = JSON.parse(rest);
      return Array.isArray(list) && list.every((word) => typeof word === "string") ? list : undefined;
    } catch {
      return undefined;
    }
  }
  // The first line alone: the others are the texts of here-documents.
  const [line = ""] = rest.split("\n");
  if (/["'\\`]/.test(line.replaceAll(/<<-?["']?\w+["']?/g, ""))) return undefined;
  return line.split(/\s+/).filter((word) => word !== "" && !word.startsWith("<<"));
}

/** `A=1 B="x y" C` as names and values. */
function declarations(text: string): [string, string | undefined][] {
  return [...text.matchAll(/(?<=^|\s)([A-Za-z_]\w*)(?:=((?:"[^"]*"|'[^']*'|[^\s"'])*))?/g)].map(([, name = "", value]) => [
    name,
    value?.replaceAll(/["']/g, ""),
  ]);
}
