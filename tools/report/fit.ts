/** A part of a comment: what opens and closes it, and rows that may be left out between. */
export interface Piece {
  readonly before: string;
  readonly rows: readonly string[];
  readonly after: string;
  /** Whether its rows come before all others, and are shortened before they are left out. */
  readonly danger: boolean;
}

interface Limits {
  readonly units: number;
  readonly bytes: number;
}

/** Longest row while all fits, and the shortest to which rows of dangers are cut so that every one of them is there. */
const LENGTHS = [2000, 400, 160, 90, 50] as const;

/**
 * Text that has no meaning to Markdown or HTML: no mention, link, image, heading, fence or tag comes of a name, and nothing that
 * opens or closes anything.
 */
export function escaped(text: string): string {
  const line = text.toWellFormed().replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
  return line.replaceAll(/[&<>`*_[\]()#@|~\\!:]/g, (one) => `&#${one.codePointAt(0)};`).replaceAll(/\b(https?|www)\b/gi, "$1\u200b");
}

/** The beginning of a text, before it is escaped. */
export function begun(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** The pieces as one text within the limits. Rows are cut before any danger is left out, and what is left out is counted. */
export function fitted(pieces: readonly Piece[], limits: Limits): string {
  const order = [...pieces.filter(({ danger }) => danger), ...pieces.filter(({ danger }) => !danger)];
  const isDanger = (piece: Piece) => piece.danger;
  for (const length of LENGTHS) {
    const whole = joined(
      order,
      order.map(({ rows }) => rows.length),
      length,
    );
    if (fits(whole, limits)) return whole;
    // The dangers whole, and of the rest as much as there is room for.
    const dangersOnly = order.map((piece) => (isDanger(piece) ? piece.rows.length : 0));
    if (fits(joined(order, dangersOnly, length), limits)) return filledUp(order, dangersOnly, length, limits);
  }
  const last = LENGTHS.at(-1) ?? 50;
  return filledUp(
    order,
    order.map(() => 0),
    last,
    limits,
  );
}

/** With as many further rows as fit, piece by piece. */
function filledUp(pieces: readonly Piece[], start: readonly number[], length: number, limits: Limits): string {
  const counts = [...start];
  for (const [index, { rows }] of pieces.entries()) {
    let [low, high] = [counts[index] ?? 0, rows.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      counts[index] = middle;
      if (fits(joined(pieces, counts, length), limits)) low = middle;
      else high = middle - 1;
    }
    counts[index] = low;
  }
  return joined(pieces, counts, length);
}

function joined(pieces: readonly Piece[], counts: readonly number[], length: number): string {
  let hiddenPieces = 0;
  const texts = pieces.flatMap(({ before, rows, after, danger }, index) => {
    const shown = counts[index] ?? 0;
    const left = rows.length - shown;
    // A piece without any of its rows is only counted.
    if (shown === 0 && rows.length > 0 && !danger) {
      hiddenPieces += 1;
      return [];
    }
    const note = left === 0 ? [] : [`- … ${left} more, left out for room${danger ? ": **dangers are among them**" : ""}`];
    return [[before, ...rows.slice(0, shown).map((row) => cut(row, length)), ...note, after].join("\n")];
  });
  const rest = hiddenPieces === 0 ? [] : [`\n… ${hiddenPieces} more parts of the report, left out for room; \`npm run report\` shows them`];
  return `${[...texts, ...rest].join("\n")}\n`;
}

function fits(text: string, { units, bytes }: Limits): boolean {
  return text.length <= units && byteLength(text) <= bytes;
}

/** At most so many units, without half a character or half an entity at its end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const short = text
    .slice(0, length - 1)
    .replace(/[\ud800-\udbff]$/, "")
    .replace(/&#?\w*$/, "");
  return `${short}…`;
}
