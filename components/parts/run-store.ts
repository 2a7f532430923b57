import { z } from "zod";

import * as w from "../workload/index.ts";

const databaseUrl = w.secretText((given) => (/^postgresql(\+psycopg2)?:\/\//.test(given) ? undefined : 'must begin with "postgresql://"'));
const postgresql = w.strict({
  url: databaseUrl.describe("postgresql://user:password@host:5432/name"),
  outside: w.outside.optional().describe("Where the database is: its addresses and port are opened, other ways are closed."),
});
const store = z.union([z.enum(["sqlite", "file"]), w.strict({ postgresql: postgresql.describe("A PostgreSQL database.") })], {
  error: 'must be "sqlite", "file" or { postgresql: { url, outside } }',
});

/** Which store a back end is, whatever its password. */
function storeOf(given: unknown): string {
  return typeof given === "string" ? given : "postgresql";
}

/** Where a tracking server keeps runs and models. */
export const backend = w.placeOfData(
  store
    .default("sqlite")
    .describe(
      "Where runs and models are kept: an SQLite database or files, both in the server's volume, or a PostgreSQL database. Another back end begins empty.",
    ),
  "runs and models",
  (before, after) => before !== undefined && storeOf(before) !== storeOf(after),
);
