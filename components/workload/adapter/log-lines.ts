/** One line of a log, with the time of which the engine took note of it. */
export interface LogLine {
  readonly replica: string;
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly text: string;
}

/** Nanoseconds of a second, and of a millisecond. */
const SECOND = 1_000_000_000n;
export const MILLISECOND = 1_000_000n;

/** The lines of a log of which each begins with its time, as both targets write them on request. */
export async function* linesIn(log: AsyncIterable<Uint8Array | string>, replica: string): AsyncGenerator<LogLine> {
  const decoder = new TextDecoder();
  let rest = "";
  let last = 0n;
  const lineOf = (line: string): LogLine => {
    const [, time = "", text] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
    const at = timeOf(time);
    last = at ?? last;
    return { replica, at: last, text: (at === undefined ? line : (text ?? "")).replace(/\r$/, "") };
  };
  for await (const part of log) {
    const lines = `${rest}${typeof part === "string" ? part : decoder.decode(part, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield lineOf(line);
  }
  if (rest !== "") yield lineOf(rest);
}

/** The lines of several logs in the order of their times; lines of one log never change places. */
export async function* inOrder(logs: readonly AsyncIterable<LogLine>[]): AsyncGenerator<LogLine> {
  const heads = await Promise.all(logs.map(async (log) => nextOf(log[Symbol.asyncIterator]())));
  for (;;) {
    const first = heads.reduce<Head | undefined>(
      (least, head) => (head.line !== undefined && (least?.line === undefined || head.line.at < least.line.at) ? head : least),
      undefined,
    );
    if (first?.line === undefined) return;
    yield first.line;
    heads[heads.indexOf(first)] = await nextOf(first.log);
  }
}

interface Head {
  readonly log: AsyncIterator<LogLine>;
  readonly line: LogLine | undefined;
}

async function nextOf(log: AsyncIterator<LogLine>): Promise<Head> {
  const { value, done } = await log.next();
  return { log, line: done === true ? undefined : value };
}

/** Nanoseconds of a time as engines write it, with up to nine digits behind the seconds. */
export function timeOf(text: string): bigint | undefined {
  const [, seconds, fraction = "", zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  return (BigInt(Date.parse(`${seconds}${zone}`)) / 1000n) * SECOND + BigInt(fraction.padEnd(9, "0"));
}

/** The same the other way round, to the second, with the rest behind a point. */
export function secondsOf(at: bigint): string {
  return `${at / SECOND}.${String(at % SECOND).padStart(9, "0")}`;
}
