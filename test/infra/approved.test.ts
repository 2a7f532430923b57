import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { refuseMovedState } from "../../infra/approved.ts";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-approved-state-"));
  file = join(folder, "prod.json");
  writeFileSync(file, "state 1");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const approved = (text: string) => ({ MLSTACK_APPROVED_STATE: createHash("sha256").update(text).digest("hex"), MLSTACK_STATE_FILE: file });

test("a deployment that was approved for the state that the stack has goes on", () => {
  expect(() => refuseMovedState(approved("state 1"))).not.toThrow();
});

test("one that was approved for another state ends before anything is registered", () => {
  expect(() => refuseMovedState(approved("state 2"))).toThrow(
    /deployed by another command after the approved report was compared\.\n {2}Nothing was changed/,
  );
});

test("one that nobody had to approve goes on", () => expect(() => refuseMovedState({})).not.toThrow());
