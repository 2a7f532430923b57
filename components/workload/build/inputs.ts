import { posix } from "node:path";

import { type Dockerfile, type Instruction, type Stage, stageIndex } from "./dockerfile.ts";

/** What a build of one target takes in, as far as its Dockerfile says so. */
export interface BuildInputs {
  /** All that the Dockerfile itself contributes: instructions of the stages that go into the target, and the arguments they use. */
  readonly recipe: readonly string[];
  /** Paths and patterns in the context that those stages read; undefined: any file may be read. */
  readonly sources: readonly Source[] | undefined;
}

/** A file, a folder with all below it, or a pattern of `*` and `?`, relative to the context. */
export type Source = string;

/** Whether every build takes an argument of that name, without an `ARG`. */
export function isPredefined(name: string): boolean {
  return /^(https?_proxy|ftp_proxy|no_proxy|all_proxy|buildkit_.*|source_date_epoch)$/i.test(name);
}

/**
 * Reads what goes into `target`. Where the Dockerfile leaves it open (variables in paths, quotes, triggers), more is taken
 * in than the build may read, never less.
 *
 * @param target name or number of a stage that exists; default: the last
 */
export function buildInputs(file: Dockerfile, target: string | undefined, given: Readonly<Record<string, string>>): BuildInputs {
  const stages = neededStages(file, stageIndex(file, target), given);
  const used = usedArgs(file, stages);
  return {
    recipe: [
      `syntax ${file.syntax ?? ""}`,
      ...stages.map(({ instructions }) => instructions.map(({ text }) => text).join("\n")),
      ...[...used].sort().flatMap((name) => (file.globals.has(name) ? [`default ${name}=${file.globals.get(name) ?? ""}`] : [])),
      ...Object.entries(given)
        .filter(([name]) => used.has(name) || isPredefined(name))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `arg ${name}=${value}`),
    ],
    sources: sourcesOf(stages.flatMap(({ instructions }) => instructions)),
  };
}

/** The stage at `index` and all that it builds on, by `FROM`, `COPY --from` or a mount, in the order of the file. */
function neededStages(file: Dockerfile, index: number, given: Readonly<Record<string, string>>): Stage[] {
  const needed = new Set<number>();
  const add = (at: number): void => {
    const stage = file.stages[at];
    if (stage === undefined || needed.has(at)) return;
    needed.add(at);
    const from = [expanded(stage.from, file.globals, given), ...stage.instructions.flatMap(origins)];
    for (const origin of from) for (const earlier of earlierStages(file, at, origin)) add(earlier);
  };
  add(index);
  return file.stages.filter((_, at) => needed.has(at));
}

/** The earlier stages that `origin` may mean: none for an image, all where a variable decides. */
function earlierStages({ stages }: Dockerfile, before: number, origin: string): number[] {
  const all = stages.slice(0, before).map((_, at) => at);
  if (origin.includes("$")) return all;
  return all.filter((at) => stages[at]?.name?.toLowerCase() === origin.toLowerCase() || String(at) === origin);
}

/** What an instruction takes files from, besides the context. */
function origins({ keyword, flags }: Instruction): string[] {
  if (keyword === "COPY" || keyword === "ADD") return flags.flatMap(([name, value]) => (name === "from" ? [value] : []));
  return flags.flatMap(([name, value]) => (name === "mount" ? (mountOf(value).get("from") ?? []) : []));
}

function sourcesOf(instructions: readonly Instruction[]): Source[] | undefined {
  const sources = new Set<Source>();
  for (const instruction of instructions) {
    const read = instruction.keyword === "RUN" ? mounted(instruction) : copied(instruction);
    if (read === undefined) return undefined;
    for (const path of read) {
      // Character classes and `**` differ between builders; a variable may name any path.
      if (/[$[\]]|\*\*/.test(path)) return undefined;
      const clean = posix.join("/", path).replace(/\/$/, "").slice(1);
      if (clean === "") return undefined;
      sources.add(clean);
    }
  }
  return [...sources].sort();
}

function copied({ keyword, flags, words, text }: Instruction): readonly string[] | undefined {
  // Its trigger acts in the stages, or in the images, that begin from this one.
  if (keyword === "ONBUILD") return /^\S+\s+(COPY|ADD|RUN)\b/i.test(text) ? undefined : [];
  if (keyword !== "COPY" && keyword !== "ADD") return [];
  if (flags.some(([name]) => name === "from")) return [];
  return words?.slice(0, -1).filter((word) => !/^[a-z+]+:\/\/|^git@/i.test(word));
}

function mounted({ flags }: Instruction): string[] {
  return flags.flatMap(([name, value]) => {
    if (name !== "mount") return [];
    if (value.includes('"')) return ["/"];
    const mount = mountOf(value);
    return (mount.get("type") ?? "bind") === "bind" && !mount.has("from") ? [mount.get("source") ?? mount.get("src") ?? "/"] : [];
  });
}

function mountOf(value: string): Map<string, string> {
  return new Map(
    value.split(",").map((option) => {
      const [name = "", ...rest] = option.split("=");
      return [name.toLowerCase(), rest.join("=").replaceAll(/["']/g, "")];
    }),
  );
}

/** Arguments that decide something of `stages`: declared in them, or used by their `FROM` or by another such default. */
function usedArgs({ globals }: Dockerfile, stages: readonly Stage[]): Set<string> {
  const used = new Set<string>();
  const add = (name: string): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const inner of variables(globals.get(name) ?? "")) add(inner);
  };
  for (const { args, instructions } of stages) {
    for (const name of [...args, ...variables(instructions[0]?.text ?? "")]) add(name);
  }
  return used;
}

function variables(text: string): string[] {
  return [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = ""]) => name);
}

/** A `FROM` with its arguments filled in; what cannot be filled in stays. */
function expanded(text: string, globals: Dockerfile["globals"], given: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    const value = given[name] ?? globals.get(name);
    return value === undefined || value.includes("$") ? whole : value;
  });
}
