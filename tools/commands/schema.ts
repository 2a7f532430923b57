import { writeFileSync } from "node:fs";

import { SCHEMA, stackSchema } from "../../infra/schema.ts";

/** Writes the JSON Schema of stack files from the settings. */
export async function writeSchema(): Promise<number> {
  writeFileSync(SCHEMA, stackSchema());
  return 0;
}
