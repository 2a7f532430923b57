import type { Effect } from "../../components/workload/change.ts";
import { effectOf, type Thing } from "./things.ts";

/** What becomes of a part, in words. */
export function partText(thing: Thing): string {
  const effect = effectOf(thing);
  const [was, is] = [thing.before, thing.after].map((parts) => parts.reduce((sum, { count }) => sum + count, 0));
  const size = was !== is && was !== 0 && is !== 0 ? ` (${was} → ${is})` : "";
  return `${WORDS[thing.noun]?.[effect] ?? TEXTS[effect]}${size}`;
}

const TEXTS: Readonly<Record<Effect, string>> = {
  made: "new",
  replaced: "made again; away meanwhile",
  "one after another": "renewed in turns; the others serve meanwhile",
  "in place": "changed while it runs",
  again: "starts again",
  removed: "removed",
  "stays behind": "leaves the stack, and stays where it is",
  nothing: "goes on as it is",
};

/** Where the noun has a word of its own for it. */
const WORDS: Readonly<Record<string, Partial<Record<Effect, string>>>> = {
  job: { again: "runs again", made: "runs", replaced: "runs again" },
  gang: { again: "all ranks start again from the last checkpoint", removed: "ends" },
  volume: { removed: "deleted with its data", "in place": "grows", replaced: "begins empty" },
};
