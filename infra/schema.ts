import { z } from "zod";

import { isHostPath, secretMark } from "../components/workload/index.ts";
import { NAMESPACE } from "./check.ts";
import { layerKeys } from "./layers/layer-keys.ts";
import { shareRepeated } from "./schema-defs.ts";
import { stackSettings } from "./stack.ts";

/** Where editors find what a stack file may say. */
export const SCHEMA = new URL("stack.schema.json", import.meta.url);

/** A value that Pulumi has encrypted. */
const ENCRYPTED = { type: "object", required: ["secure"], additionalProperties: false, properties: { secure: { type: "string" } } };

/** JSON Schema of a stack file of any project: every key below `config` that mlstack reads, with what it means. */
export function stackSchema(): string {
  const { properties = {} } = z.toJSONSchema(z.strictObject({ ...layerKeys.shape, ...stackSettings.shape }), {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const mark = secretMark(zodSchema);
      if (mark !== undefined) representSecret(jsonSchema, mark.open !== undefined);
      else representLayered(zodSchema, jsonSchema);
    },
  });
  const config = {
    type: "object",
    properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [`${NAMESPACE}:${key}`, schema])),
    // Other namespaces belong to Pulumi's providers.
    patternProperties: { [`^(?!${NAMESPACE}:)`]: {} },
    additionalProperties: false,
  };
  const { schema, $defs } = shareRepeated({ type: "object", properties: { config } });
  const document = { $schema: "https://json-schema.org/draft/2020-12/schema", title: "A stack of mlstack", ...schema, $defs };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * A file may leave to the layers that it extends what is required, and `null` takes away a part or an entry of a map. What a
 * stack lacks in the end, `npm run check` says.
 */
function representLayered(zodSchema: z.core.$ZodType, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  Reflect.deleteProperty(jsonSchema, "required");
  if (isHostPath(zodSchema)) Reflect.deleteProperty(jsonSchema, "hostPath");
  const { type } = (zodSchema as z.core.$ZodTypes)._zod.def;
  if (type === "record" && typeof jsonSchema.additionalProperties === "object") {
    jsonSchema.additionalProperties = orNull(jsonSchema.additionalProperties);
  }
  if (type === "optional" && jsonSchema.type === "object") {
    const { description: _own, ...inner } = { ...jsonSchema };
    for (const key of Object.keys(inner)) Reflect.deleteProperty(jsonSchema, key);
    Object.assign(jsonSchema, orNull(inner));
  }
}

function orNull(schema: z.core.JSONSchema.JSONSchema): z.core.JSONSchema.JSONSchema {
  return { anyOf: [schema, { type: "null" }] };
}

/** A secret is written encrypted; one that may be written openly, such as a hash, also as text. */
function representSecret(schema: object, open: boolean): void {
  for (const key of ["secret", "open"]) Reflect.deleteProperty(schema, key);
  Object.assign(schema, open ? { anyOf: [{ type: "string" }, ENCRYPTED] } : ENCRYPTED);
}
