import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { SCHEMA, stackSchema } from "../../tools/schema.ts";

test("the schema for editors is the settings' own; `npm run schema` writes it", () => {
  expect(JSON.parse(readFileSync(SCHEMA, "utf8"))).toEqual(JSON.parse(stackSchema()));
});

test("every key of the settings says what it is", () => {
  const undescribed: string[] = [];
  visit("", JSON.parse(stackSchema()).properties.config, undescribed);
  expect(undescribed).toEqual([]);
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
  readonly description?: string;
}

/** Collects the paths of all keys below `schema` that have no description. */
function visit(path: string, schema: Schema, found: string[]): void {
  for (const choice of schema.oneOf ?? []) visit(path, choice, found);
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const here = path === "" ? key : `${path}.${key}`;
    if (value.description === undefined && !/\.kind$|\.secure$/.test(here)) found.push(here);
    visit(here, value, found);
  }
}
