import { z } from "zod";

import { secretMark } from "../components/workload/index.ts";
import { NAMESPACE } from "./read.ts";
import { shareRepeated } from "./schema-defs.ts";
import { stackSettings } from "./stack.ts";

/** Where editors find what a stack file may say. */
export const SCHEMA = new URL("stack.schema.json", import.meta.url);

/** A value that Pulumi has encrypted. */
const ENCRYPTED = { type: "object", required: ["secure"], additionalProperties: false, properties: { secure: { type: "string" } } };

/** JSON Schema of a stack file of any project: every key below `config` that mlstack reads, with what it means. */
export function stackSchema(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(stackSettings, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const mark = secretMark(zodSchema);
      if (mark !== undefined) representSecret(jsonSchema, mark.open !== undefined);
    },
  });
  const config = {
    type: "object",
    required: required.map((key) => `${NAMESPACE}:${key}`),
    properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [`${NAMESPACE}:${key}`, schema])),
    // Other namespaces belong to Pulumi's providers.
    patternProperties: { [`^(?!${NAMESPACE}:)`]: {} },
    additionalProperties: false,
  };
  const { schema, $defs } = shareRepeated({ type: "object", properties: { config } });
  const document = { $schema: "https://json-schema.org/draft/2020-12/schema", title: "A stack of mlstack", ...schema, $defs };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A secret is written encrypted; one that may be written openly, such as a hash, also as text. */
function representSecret(schema: object, open: boolean): void {
  for (const key of ["secret", "open"]) Reflect.deleteProperty(schema, key);
  Object.assign(schema, open ? { anyOf: [{ type: "string" }, ENCRYPTED] } : ENCRYPTED);
}
