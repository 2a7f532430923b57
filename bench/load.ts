import { Problem } from "../tools/lib/problem.ts";
import { mustRun } from "../tools/lib/run.ts";

/** One kind of request, and how often it is sent. */
export interface Load {
  readonly url: string;
  /** File with the request's body. */
  readonly body: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: number;
  /** Clients at once; each sends its next request when it has its answer, on a connection that it keeps. */
  readonly clients: number;
}

/** What the clients measured; times in milliseconds. */
export interface Measured {
  readonly perSecond: number;
  readonly median: number;
  readonly most: number;
}

/** Sends a load by `hey`. @throws Problem when an answer was not 200 */
export async function send(hey: string, { url, body, contentType, headers, requests, clients }: Load): Promise<Measured> {
  const headerOptions = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const load = [
    "-n",
    String(requests),
    "-c",
    String(clients),
    "-t",
    "60",
    "-m",
    "POST",
    "-D",
    body,
    "-T",
    contentType,
    ...headerOptions,
    url,
  ];
  return measuredIn(await mustRun("bench", hey, load), url, requests);
}

/** Reads what `hey` prints. */
export function measuredIn(text: string, url: string, requests: number): Measured {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const right = number(/\[200\]\s+(\d+) responses/);
  if (right !== requests) {
    const [, others = text] = /(Status code distribution:[\s\S]*)/.exec(text) ?? [];
    throw new Problem(`bench: of ${requests} requests to ${url}, ${right || 0} were answered with 200\n${others.trim()}`);
  }
  return {
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    median: 1000 * number(/50% in ([\d.]+) secs/),
    most: 1000 * number(/99% in ([\d.]+) secs/),
  };
}
