import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

import type { Position } from "../../infra/layers/said.ts";
import { ROOT } from "../lib/folders.ts";

/** Where each schema was given its text. */
const DESCRIBED = new WeakMap<z.core.$ZodType, Position>();

/**
 * Notes where every schema that is declared from now on gets its text: call it before the first component is loaded. zod keeps
 * no place itself; the caller of `describe` is one, at the end of the chain that also has the default.
 */
export function noteDeclarations(): void {
  const registry = z.globalRegistry;
  const add = registry.add.bind(registry);
  Object.assign(registry, {
    add: (schema: z.core.$ZodType, meta: object) => {
      const position = callerOf(new Error().stack ?? "");
      if (position !== undefined) DESCRIBED.set(schema, position);
      return add(schema as z.ZodType, meta as never);
    },
  });
}

/** Where a schema's default is written in the source, or its text where it has none; undefined where nothing was noted. */
export function declarationOf(schema: z.core.$ZodType): Position | undefined {
  const described = DESCRIBED.get(schema);
  if (described === undefined) return undefined;
  const lines = readFileSync(new URL(described.file, `file://${ROOT}`), "utf8").split("\n");
  // The chain is one setting's: it begins at its key, a few lines above at most.
  for (let line = described.line; line > 0; line--) {
    const text = lines[line - 1] ?? "";
    const until = line === described.line ? text.slice(0, described.column) : text;
    const column = Math.max(until.lastIndexOf(".default("), until.lastIndexOf(".prefault("));
    if (column >= 0) return { file: described.file, line, column: column + 2 };
    if (/^\s*[\w"-]+:/.test(text)) break;
  }
  return described;
}

/** The first place of a stack trace that is in this project. */
function callerOf(stack: string): Position | undefined {
  for (const line of stack.split("\n").slice(1)) {
    const [, url, row, column] = /\(?(file:\/\/[^\s)]+?):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (url === undefined || url.includes("/node_modules/") || url === import.meta.url) continue;
    return { file: relative(ROOT, fileURLToPath(url)), line: Number(row), column: Number(column) };
  }
  return undefined;
}
