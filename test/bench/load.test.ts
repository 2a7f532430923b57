import { expect, test } from "vitest";

import { measuredIn } from "../../bench/load.ts";

const SUMMARY = `
Summary:
  Requests/sec:	225.1327

Latency distribution:
  50% in 0.2500 secs
  99% in 0.7500 secs
`;

test("reads what hey prints", () => {
  const text = `${SUMMARY}\nStatus code distribution:\n  [200]	2000 responses\n`;
  expect(measuredIn(text, "https://a", 2000)).toEqual({ perSecond: 225.1327, median: 250, most: 750 });
});

test.each([
  ["another status", "  [200]	1999 responses\n  [503]	1 responses\n", "of 2000 requests to https://a, 1999 were answered with 200"],
  ["no answer", "  [200]	1999 responses\n\nError distribution:\n  [1]	EOF\n", "[1]	EOF"],
  ["no answer at all", "\nError distribution:\n  [2000]	connection refused\n", "0 were answered with 200"],
])("refuses %s, and says what came", (_, answers, said) => {
  expect(() => measuredIn(`${SUMMARY}\nStatus code distribution:\n${answers}`, "https://a", 2000)).toThrow(said);
});
