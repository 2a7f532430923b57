import type { Layer } from "./layer.ts";
import type { Resolved } from "./resolve.ts";
import { at, type Path, type Position, plainOf, type Said } from "./said.ts";

/** What one layer says of a setting. */
export interface Statement {
  readonly file: string;
  readonly position: Position | undefined;
  /** What it does: sets a value, takes the setting away, or puts it back to its default. */
  readonly does: "sets" | "takes away" | "resets";
  readonly value: unknown;
  /** Where it says so of something around the setting, e.g. of its whole part: that path. */
  readonly around: Path | undefined;
  /** Whether it is what holds; all others were replaced, or are merged into. */
  readonly holds: boolean;
}

/** Every layer that says something of a path, the one that holds first, and the files that were looked at in vain. */
export function statementsOf({ layers }: Resolved, path: Path): { statements: Statement[]; silent: string[] } {
  const found = [...layers].reverse().map((layer) => ({ layer, heard: heardOf(layer, path) }));
  let decided = false;
  const statements = found.flatMap(({ layer, heard }) => {
    if (heard === undefined) return [];
    const holds = !decided;
    decided ||= heard.said.kind !== "map" || heard.said.fresh;
    return [statementOf(layer, heard, holds)];
  });
  return { statements, silent: found.filter(({ heard }) => heard === undefined).map(({ layer }) => layer.file) };
}

interface Heard {
  readonly said: Said;
  readonly around: Path | undefined;
}

/** What a layer says at a path, or of something around it that decides over it. */
function heardOf({ said }: Layer, path: Path): Heard | undefined {
  for (let depth = 1; depth < path.length; depth++) {
    const around = path.slice(0, depth);
    const outer = at(said, around);
    if (outer === undefined) return undefined;
    if (outer.kind !== "map") return { said: outer, around };
  }
  const own = at(said, path);
  return own === undefined ? undefined : { said: own, around: undefined };
}

function statementOf({ file }: Layer, { said, around }: Heard, holds: boolean): Statement {
  const does = said.kind === "absent" ? "takes away" : said.kind === "default" ? "resets" : "sets";
  return { file, position: said.position, does, value: does === "sets" ? plainOf(said) : undefined, around, holds };
}
