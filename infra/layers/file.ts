import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from "yaml";

import { nearest } from "../../components/workload/mistakes.ts";
import type { PlacedMistake, Written } from "./layer.ts";
import type { Path, Position } from "./said.ts";

/** What all keys of mlstack begin with. */
const NAMESPACE = "mlstack:";
/** What a file may have beside its settings: Pulumi's own words. */
const BESIDE = ["encryptionsalt", "encryptedkey", "secretsprovider", "environment"];

/** What to call a file, and where it is. */
export interface FileName extends Pick<Written, "name" | "file" | "folder"> {
  /** Whether other files only start from it: then it may have no key of another namespace, which would be lost. */
  readonly isInherited: boolean;
  /** The Pulumi project's name: a key without a namespace belongs to it. */
  readonly project: string;
}

/** What the YAML text of a stack file or layer says, with everything that is wrong with the text itself. */
export function writtenIn(text: string, { isInherited, project, ...name }: FileName): Written {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file: name.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const mistakes: PlacedMistake[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    path: "",
    message: SENTENCES[code] ?? message.split("\n")[0] ?? code,
    position: placeAt(pos[0]),
  }));
  const wrongAt = (node: unknown, message: string) => mistakes.push({ path: "", message, position: placeAt(offsetOf(node)) });

  visit(document, {
    Alias: (_, alias) =>
      void wrongAt(
        alias,
        `the alias *${alias.source} is not read: a file that Pulumi writes again has none; put what is shared into a layer`,
      ),
  });
  if (!isMap(document.contents)) {
    const message = document.contents === null ? "the file is empty; it begins with config:" : "the file must be a map with config:";
    return {
      ...name,
      values: {},
      mistakes: mistakes.length > 0 ? mistakes : [{ path: "", message, position: placeAt(0) }],
      positionOf: () => undefined,
    };
  }
  for (const { key } of document.contents.items) {
    const word = textIn(key);
    if (word === "config" || BESIDE.includes(word)) continue;
    const near = word.startsWith(NAMESPACE) ? undefined : nearest(word, ["config", ...BESIDE]);
    wrongAt(
      key,
      word.startsWith(NAMESPACE)
        ? `${word} belongs below config:`
        : `unknown key "${word}"${near === undefined ? "; settings are below config:" : `; did you mean "${near}"?`}`,
    );
  }
  const config = document.contents.get("config", true);
  if (config !== undefined && config !== null && !isMap(config) && !(isScalar(config) && config.value === null)) {
    wrongAt(config, "config must be a map of settings such as mlstack:platform");
  }

  const pairs = isMap(config) ? config.items.filter(isPair) : [];
  const own = new Map<string, Pair>();
  for (const pair of pairs) {
    const key = textIn(pair.key);
    const short = key.includes(":") ? key : `${project}:${key}`;
    if (short.startsWith(NAMESPACE)) own.set(short.slice(NAMESPACE.length), pair);
    else if (short.startsWith(`${project}:`)) wrongAt(pair.key, `${key} is read by nothing; settings begin with mlstack: in every project`);
    else if (isInherited) wrongAt(pair.key, `${key} is not inherited, only settings of mlstack are; write it in the stack that needs it`);
  }
  const values = Object.fromEntries([...own].map(([key, { value }]) => [key, plain(value)]));
  return { ...name, values, mistakes, positionOf: (path) => positionIn(own, path, placeAt) };
}

/** Sentences for what the parser calls by a code. */
const SENTENCES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "the key is in this map already; keep one of the two",
  TAB_AS_INDENT: "a tab cannot indent YAML; use spaces",
  MULTIPLE_DOCS: "a second document (---) is not read; make it a file of its own",
  TAG_RESOLVE_FAILED:
    "a tag of one's own (!word) has no meaning here, and Pulumi drops it; to go back to a default, name the setting in mlstack:defaults",
};

/** A value as Pulumi reads it. */
function plain(value: unknown): unknown {
  if (isAlias(value)) return undefined;
  if (isMap(value)) return Object.fromEntries(value.items.map((pair) => [textIn(pair.key), plain(pair.value)]));
  if (isSeq(value)) return value.items.map(plain);
  return isScalar(value) ? value.value : null;
}

function positionIn(
  own: ReadonlyMap<string, Pair>,
  [first = "", ...rest]: Path,
  placeAt: (offset: number) => Position,
): Position | undefined {
  const pair = own.get(first);
  if (pair === undefined) return undefined;
  let place: unknown = pair.key;
  let value: unknown = pair.value;
  for (const key of rest) {
    if (isSeq(value)) {
      place = value = value.items[Number(key)];
    } else {
      const inner: Pair | undefined = isMap(value) ? value.items.find((one) => textIn(one.key) === key) : undefined;
      [place, value] = [inner?.key, inner?.value];
    }
    if (place === undefined) return undefined;
  }
  return placeAt(offsetOf(place));
}

function offsetOf(node: unknown): number {
  return isScalar(node) || isCollection(node) || isAlias(node) ? ((node as Node).range?.[0] ?? 0) : 0;
}

function textIn(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
