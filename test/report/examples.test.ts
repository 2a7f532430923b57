import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { examples, FOLDER } from "./examples.ts";

test("the comments in docs/reports are what the report says; node test/report/examples.ts writes them again", async () => {
  const written = Object.fromEntries(readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]));
  expect(written).toEqual(await examples());
});
