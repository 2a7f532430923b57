import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

import { ROOT } from "../../tools/lib/folders.ts";
import { KINDS, report } from "../../tools/report/schema.ts";

const page = readFileSync(join(ROOT, "docs", "report.md"), "utf8");

/** First cells of a table's rows, without their ticks. */
function firstCells(heading: string): string[] {
  const table = page.slice(page.indexOf(heading)).split("\n\n")[0] ?? "";
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""));
}

test("the documentation has every field of a report, and none besides", () => {
  expect(firstCells("| field |")).toEqual(Object.keys(report.shape));
});

test("the documentation has every kind of finding, the worst first", () => {
  expect(firstCells("| kind |")).toEqual([...KINDS]);
});

test("the format can be written as JSON Schema, for those who check a report elsewhere", () => {
  expect(z.toJSONSchema(report)).toMatchObject({ type: "object", additionalProperties: false });
});
