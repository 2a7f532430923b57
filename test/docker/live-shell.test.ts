import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";

import { Refused } from "../../components/docker/live-shell.ts";

/** What a command writes in these pieces, and what the engine says in its place. */
async function written(...pieces: string[]): Promise<{ printed: string; said: string | undefined }> {
  const parts: string[] = [];
  const output = new Writable({ write: (part: Buffer, _encoding, done) => done(void parts.push(part.toString("utf8"))) });
  const refused = new Refused(output);
  for (const piece of pieces) refused.write(piece);
  await finished(refused.end());
  return { printed: parts.join(""), said: refused.said };
}

test("what the engine says of a command that it cannot start is not the command's output", async () => {
  const refusal = 'OCI runtime exec failed: exec failed: exec: "nosuch": executable file not found in $PATH: unknown';
  expect(await written(refusal)).toEqual({ printed: "", said: refusal });
});

test("what a command writes passes, whatever it says", async () => {
  expect(await written("a", "OCI runtime exec failed: as a text\n")).toEqual({
    printed: "aOCI runtime exec failed: as a text\n",
    said: undefined,
  });
});
