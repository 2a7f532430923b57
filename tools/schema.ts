import { writeFileSync } from "node:fs";
import { z } from "zod";

import { stackConfig } from "../infra/config.ts";

/** Where editors find what a stack file may say. */
export const SCHEMA = new URL("../infra/stack.schema.json", import.meta.url);

/** JSON Schema of a `Pulumi.<stack>.yaml` of this project: every key below `config`, with what it means. */
export function stackSchema(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(stackConfig, { io: "input", unrepresentable: "any" });
  const config = Object.fromEntries(Object.entries(properties).map(([key, schema]) => [`mlstack:${key}`, schema]));
  const secret = {
    type: "object",
    required: ["secure"],
    properties: { secure: { type: "string" } },
    description: "Redis' password, encrypted: `pulumi config set --secret redisPassword`; default: a random one, kept in the state.",
  };
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack of mlstack",
    type: "object",
    properties: {
      config: {
        type: "object",
        additionalProperties: false,
        required: required.map((key) => `mlstack:${key}`),
        properties: { ...config, "mlstack:redisPassword": secret },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Writes the schema anew. */
export async function writeSchema(): Promise<number> {
  writeFileSync(SCHEMA, stackSchema());
  return 0;
}
