import type { LogRequest } from "../operations.ts";
import { inOrder, type LogLine, MILLISECOND } from "./log-lines.ts";

/** What one replica logs, over all its runs. */
export interface LogSource {
  readonly replica: string;
  /** Another one for each run. */
  readonly run: string;
  /** Whether it runs, so that further lines may come. */
  readonly running: boolean;
  /** What it has written so far, its earlier runs first. */
  history(): AsyncIterable<LogLine>;
  /** What it writes after that time, until this run or the request ends. */
  live(after: bigint | undefined): AsyncIterable<LogLine>;
}

/** What an adapter knows of the logs that are asked for. */
export interface LogSources {
  /** What there is now. */
  now(): Promise<readonly LogSource[]>;
  /** Something whenever a replica has started or gone, until the request ends. Its first element says that it listens. */
  changes(): AsyncIterable<void>;
}

/**
 * Prints logs in the order of time, and then what is written as it comes, over restarts and with replicas that are new.
 *
 * @param ends whether all that is followed ends by itself, as work does
 */
export async function streamLogs(sources: LogSources, request: LogRequest, ends: boolean): Promise<void> {
  const stream = new LogStream(request);
  const { signal } = request;
  // Before the first look, so that nothing starts unseen in between.
  const changes = request.follow ? sources.changes()[Symbol.asyncIterator]() : undefined;
  await changes?.next();
  const first = await sources.now();
  await stream.history(first);
  if (changes === undefined) return;
  let now = first;
  for (;;) {
    stream.follow(now);
    if (ends && now.every(({ running }) => !running)) break;
    const { done } = await changes.next();
    if (done === true || signal.aborted) break;
    now = await sources.now();
  }
  await stream.finished();
}

class LogStream {
  private readonly request: LogRequest;
  private readonly last = new Map<string, bigint>();
  private readonly followed = new Map<string, Promise<void>>();

  constructor(request: LogRequest) {
    this.request = request;
  }

  /** Prints what there is. */
  async history(sources: readonly LogSource[]): Promise<void> {
    const { tail } = this.request;
    const logs = await Promise.all(
      sources.map(async (source) => (tail === undefined ? source.history() : listed(await lastOf(source.history(), tail)))),
    );
    for await (const line of inOrder(logs)) this.print(line);
  }

  /** Goes on with those that run and are not followed yet. */
  follow(sources: readonly LogSource[]): void {
    for (const source of sources) {
      if (this.followed.has(source.run)) continue;
      // What has ended by now was still written to a log.
      this.followed.set(source.run, this.read(source));
    }
  }

  async finished(): Promise<void> {
    await Promise.all(this.followed.values());
  }

  private async read(source: LogSource): Promise<void> {
    for await (const line of source.live(this.last.get(source.replica))) {
      if (this.request.signal.aborted) return;
      this.print(line);
    }
  }

  private print({ replica, at, text }: LogLine): void {
    const { since } = this.request;
    const last = this.last.get(replica);
    if ((since !== undefined && at < BigInt(since) * MILLISECOND) || (last !== undefined && at < last)) return;
    this.last.set(replica, at);
    this.request.line(replica, text);
  }
}

async function lastOf(lines: AsyncIterable<LogLine>, most: number): Promise<LogLine[]> {
  const last: LogLine[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > most) last.shift();
  }
  return last;
}

async function* listed(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}
