import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";

import { ContainerLogs } from "../../components/docker/live-logs.ts";
import { aLive } from "../support/live.ts";

/** A piece of a container's output as the engine frames it. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test("who stops to read in the middle of a line, by Ctrl-C, ends no command with an error", async () => {
  const sent = new PassThrough();
  const api = {
    find: async <T>() => ({ Id: "1", State: { Running: true, StartedAt: "2026-01-01T00:00:00Z" } }) as T,
    get: async <T>() => [{ Id: "1", Names: ["/shop-api-0"] }] as T,
    request: async <T>() => sent as T,
  };
  const request = { follow: true, previous: false, signal: new AbortController().signal, line: () => {} };
  const [source] = await new ContainerLogs(api, "owner", [aLive("api")], [], request).now();
  const lines = source?.live(undefined)[Symbol.asyncIterator]();
  sent.write(frame("2026-01-01T00:00:01.000000000Z one\n2026-01-01T00:00:02.0000"));
  expect(await lines?.next()).toMatchObject({ value: { text: "one" } });
  const rejected = new Promise((resolve) => process.once("unhandledRejection", resolve));
  await lines?.return?.(undefined);
  await finished(sent).catch(() => {});
  expect(await Promise.race([rejected, new Promise((resolve) => setImmediate(() => setImmediate(resolve)))])).toBeUndefined();
});
