/** A stage of a Dockerfile: what begins with `FROM`. */
export interface Stage {
  readonly name: string | undefined;
  /** What it begins from, as it is written: an image, an argument, or an earlier stage. */
  readonly from: string;
  /** Whether a program of the image runs while it is built. */
  readonly runs: boolean;
}

/** What of a Dockerfile decides beforehand whether a build can succeed. */
export interface Dockerfile {
  readonly stages: readonly Stage[];
  /** Names of all arguments, wherever they stand. */
  readonly args: readonly string[];
}

/** Stages that `--platform=$BUILDPLATFORM` holds on the machine's own platform, whatever is built for. */
const NATIVE = /--platform=["']?\$\{?BUILDPLATFORM\b/;

export function parseDockerfile(text: string): Dockerfile {
  const stages: { name: string | undefined; from: string; runs: boolean; native: boolean }[] = [];
  const args = new Set<string>();
  for (const [word, rest] of instructions(text)) {
    if (word === "FROM") {
      const [from = "", , name] = rest.split(/\s+/).filter((part) => !part.startsWith("--"));
      stages.push({ name, from, runs: false, native: NATIVE.test(rest) });
    } else if (word === "ARG") {
      for (const [, name = ""] of rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)/g)) args.add(name);
    } else if (word === "RUN") {
      const stage = stages.at(-1);
      if (stage !== undefined) stage.runs = !stage.native;
    }
  }
  return { stages: stages.map(({ name, from, runs }) => ({ name, from, runs })), args: [...args] };
}

/**
 * The stages that a build of `target` goes through, in order; undefined when there is no such stage. Old engines build
 * all that stand before the target, needed or not.
 *
 * @param target name or number of a stage; default: the last
 */
export function stagesTo({ stages }: Dockerfile, target: string | undefined): readonly Stage[] | undefined {
  if (target === undefined) return stages;
  const index = stages.findIndex(({ name }, number) => name?.toLowerCase() === target.toLowerCase() || String(number) === target);
  return index === -1 ? undefined : stages.slice(0, index + 1);
}

/** Whether the last of `stages` begins from nothing at all, by itself or through earlier ones. */
export function fromScratch(stages: readonly Stage[]): boolean {
  const from = stages.at(-1)?.from.toLowerCase();
  if (from === undefined || from === "scratch") return from !== undefined;
  const parent = stages.slice(0, -1).findLastIndex(({ name }) => name?.toLowerCase() === from);
  return parent !== -1 && fromScratch(stages.slice(0, parent + 1));
}

/** Every instruction with what follows it: comments left out, continued lines joined, the texts of here-documents skipped. */
function* instructions(text: string): Generator<readonly [word: string, rest: string]> {
  const lines = text.split(/\r?\n/).values();
  let open = "";
  for (const line of lines) {
    if (/^\s*(#|$)/.test(line)) continue;
    open += line.replace(/\\\s*$/, " ");
    if (/\\\s*$/.test(line)) continue;
    const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*)$/.exec(open) ?? [];
    open = "";
    for (const [, marker] of rest.matchAll(/<<-?["']?([A-Za-z_]\w*)["']?/g)) for (const inner of lines) if (inner.trim() === marker) break;
    yield [word.toUpperCase(), rest.trim()];
  }
}
