/** What a number counts, for its axis. */
export type Unit = "requests/s" | "s" | "%" | "bytes" | "rows" | "per second" | "count";

/** One expression of a panel. */
export interface Query {
  readonly expr: string;
  /** What each of its series is called, with labels in double braces: `{{route}}`. */
  readonly legend: string;
  /** When it rightly has no series on a stack that runs; default: never. */
  readonly emptyWhile?: string;
}

/** One graph. */
export interface Panel {
  readonly title: string;
  /** What it shows, for who sees it for the first time. */
  readonly description: string;
  readonly unit: Unit;
  /** Columns of twelve. */
  readonly width: 4 | 6 | 12;
  readonly queries: readonly Query[];
  /** Whether its values jump, as those of a version do. */
  readonly steps?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** One page, of all parts of one kind: a row for each. */
export interface Page {
  /** Its file's name, and a part of its address. */
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

/** A panel with one expression. */
export function graph(
  title: string,
  description: string,
  unit: Unit,
  expr: string,
  legend: string,
  more: Partial<Panel & Query> = {},
): Panel {
  const { emptyWhile, ...panel } = more;
  return { title, description, unit, width: 4, queries: [{ expr, legend, ...(emptyWhile === undefined ? {} : { emptyWhile }) }], ...panel };
}

/** What a panel shows, and when it shows nothing. */
export function descriptionOf({ description, queries }: Panel): string {
  const reasons = [...new Set(queries.flatMap(({ emptyWhile }) => emptyWhile ?? []))];
  return [description, ...reasons.map((reason) => `${EMPTY_WHILE} ${reason}.`)].join(" ");
}

/** How a description says that a panel may be empty. */
export const EMPTY_WHILE = "Empty while";
