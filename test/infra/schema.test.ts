import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { SCHEMA, stackSchema } from "../../infra/schema.ts";

test("the schema for editors is the settings' own; `npm run schema` writes it", () => {
  expect(JSON.parse(readFileSync(SCHEMA, "utf8"))).toEqual(JSON.parse(stackSchema()));
});

test("every key of the settings says what it is", () => {
  const document: Document = JSON.parse(stackSchema());
  const undescribed: string[] = [];
  visit(document, "", document.properties["config"] ?? {}, undescribed);
  expect(undescribed).toEqual([]);
});

test("a schema that parts share is said once", () => {
  const document: Document = JSON.parse(stackSchema());
  expect(Object.keys(document.$defs)).toContain("resources");
  expect(stackSchema().split("Processor limit").length - 1).toBeLessThanOrEqual(4);
});

test("secrets are marked as what Pulumi writes for them, in every part", () => {
  const schema = stackSchema();
  for (const place of ['"password": {\n', '"secure": {\n']) expect(schema).toContain(place);
});

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
}

interface Document {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly $defs: Readonly<Record<string, Schema>>;
}

/** Collects the paths of all keys below `schema` that have no description. */
function visit(document: Document, path: string, schema: Schema, found: string[]): void {
  const named = schema.$ref === undefined ? undefined : document.$defs[schema.$ref.replace("#/$defs/", "")];
  if (named !== undefined) visit(document, path, named, found);
  for (const choice of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) visit(document, path, choice, found);
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const here = path === "" ? key : `${path}.${key}`;
    if (value.description === undefined && !/\.kind$|\.secure$/.test(here)) found.push(here);
    visit(document, here, value, found);
  }
}
