import { z } from "zod";

import { secretMark } from "../components/workload/index.ts";
import { NAMESPACE } from "./read.ts";
import { stackSettings } from "./stack.ts";

/** Where editors find what a stack file may say. */
export const SCHEMA = new URL("stack.schema.json", import.meta.url);

/** A value that Pulumi has encrypted. */
const ENCRYPTED = {
  type: "object",
  required: ["secure"],
  additionalProperties: false,
  properties: { secure: { type: "string" } },
} as const;

/** JSON Schema of a stack file of any project: every key below `config` that mlstack reads, with what it means. */
export function stackSchema(): string {
  const {
    properties = {},
    required = [],
    $defs,
  } = z.toJSONSchema(stackSettings, {
    io: "input",
    unrepresentable: "any",
    reused: "ref",
    override: ({ zodSchema, jsonSchema }) => {
      const mark = secretMark(zodSchema);
      if (mark === undefined) return;
      const { secret: _, open, ...rest } = jsonSchema as Record<string, unknown>;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, rest, open === undefined ? ENCRYPTED : { anyOf: [{ type: "string" }, ENCRYPTED] });
    },
  });
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack of mlstack",
    type: "object",
    properties: {
      config: {
        type: "object",
        required: required.map((key) => `${NAMESPACE}:${key}`),
        properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [`${NAMESPACE}:${key}`, schema])),
        // Other namespaces belong to Pulumi's providers.
        patternProperties: { [`^(?!${NAMESPACE}:)`]: {} },
        additionalProperties: false,
      },
    },
    $defs,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
