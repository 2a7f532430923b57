import { describe, expect, test } from "vitest";

import { inOrder, type LogLine, type LogSource, linesIn, secondsOf, streamLogs, timeOf } from "../../components/workload/adapter/index.ts";
import type { LogRequest } from "../../components/workload/operations.ts";

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000001Z`;

async function* listed<T>(...parts: readonly T[]): AsyncGenerator<T> {
  yield* parts;
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test("lines are cut where the engine's pieces are not, letters of several bytes too", async () => {
  const bytes = Buffer.from(`${at(1)} naïve\n${at(2)} \n${at(3)} end`);
  const pieces = [...bytes].map((byte) => Buffer.from([byte]));
  expect((await all(linesIn(listed(...pieces), "api-0"))).map(({ text }) => text)).toEqual(["naïve", "", "end"]);
});

test("a line without a time keeps its text, and the time of the line before", async () => {
  const lines = await all(linesIn(listed(`${at(5)} one\nunable to retrieve logs\n`), "a"));
  expect(lines.map(({ text, at: time }) => [text, time === timeOf(at(5))])).toEqual([
    ["one", true],
    ["unable to retrieve logs", true],
  ]);
});

test("logs are merged by time, and lines of one log never change places", async () => {
  const log = (replica: string, ...times: number[]) =>
    listed(...times.map((time): LogLine => ({ replica, at: BigInt(time), text: `${replica}${time}` })));
  expect((await all(inOrder([log("a", 1, 4, 2), log("b", 3, 5), log("c")]))).map(({ text }) => text)).toEqual([
    "a1",
    "b3",
    "a4",
    "a2",
    "b5",
  ]);
});

test.each([
  ["2026-01-01T00:00:01Z", "1767225601.000000000"],
  ["2026-01-01T00:00:01.5Z", "1767225601.500000000"],
  ["2026-01-01T01:00:01.123456789+01:00", "1767225601.123456789"],
])("%s is %s", (text, seconds) => expect(secondsOf(timeOf(text) ?? 0n)).toBe(seconds));

describe("a stream of logs", () => {
  /** What was printed, of a request with these changes. */
  function aRequest(changes: Partial<LogRequest> = {}): LogRequest & { readonly printed: string[] } {
    const printed: string[] = [];
    const line = (replica: string, text: string) => void printed.push(`${replica} ${text}`);
    return { follow: false, previous: false, signal: new AbortController().signal, line, ...changes, printed };
  }
  const source = (replica: string, run: string, running: boolean, history: number[], live: number[] = []): LogSource => {
    const lines = (times: number[]) => listed(...times.map((time) => ({ replica, at: BigInt(time), text: String(time) })));
    return {
      replica,
      run,
      running,
      history: () => lines(history),
      live: (after = 0n) => lines(live.filter((time) => BigInt(time) > after)),
    };
  };
  const sources = (...looks: LogSource[][]) => ({
    now: async () => (looks.length > 1 ? (looks.shift() ?? []) : (looks[0] ?? [])),
    changes: () => listed(...Array.from({ length: looks.length }, () => undefined)),
  });

  test("prints what there is, in order, and ends", async () => {
    const request = aRequest();
    await streamLogs(sources([source("a", "1", true, [1, 3]), source("b", "1", true, [2])]), request, false);
    expect(request.printed).toEqual(["a 1", "b 2", "a 3"]);
  });

  test("shows the last lines of each replica only", async () => {
    const request = aRequest({ tail: 1 });
    await streamLogs(sources([source("a", "1", true, [1, 3]), source("b", "1", true, [2, 4])]), request, false);
    expect(request.printed).toEqual(["a 3", "b 4"]);
  });

  test("follows a replica over its restart, and one that is new, and prints no line twice", async () => {
    const request = aRequest({ follow: true });
    const before = source("a", "first", true, [1], [1, 2]);
    const again = source("a", "second", true, [], [2, 5]);
    await streamLogs(sources([before], [again, source("b", "third", true, [], [6])]), request, false);
    expect(request.printed).toEqual(["a 1", "a 2", "a 5", "b 6"]);
  });

  test("ends by itself where all that is followed is work that has ended", async () => {
    const request = aRequest({ follow: true });
    const never = { now: async () => [source("build", "1", false, [1])], changes: () => forever() };
    await streamLogs(never, request, true);
    expect(request.printed).toEqual(["build 1"]);
  });
});

/** Says that it listens, and then nothing. */
async function* forever(): AsyncGenerator<void> {
  yield;
  await new Promise(() => {});
}
