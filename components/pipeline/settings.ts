import { z } from "zod";

import { databaseSettings } from "../database.ts";
import * as w from "../workload/index.ts";
import { stepEnv, stepWith } from "./step.ts";

const volume = w.strict({
  size: w.memory.default("1Gi").describe("Capacity requested for it."),
  access: z.enum(["one-node", "many-nodes"]).default("many-nodes").describe("Whether steps on several nodes mount it at once."),
  keep: w.protects(z.boolean().default(false).describe("Whether its data stay when the stack is destroyed."), "keeping its data"),
});

const data = w.strict({
  path: w.containerPath.default("/app/data").describe("Its place in every step that uses the database."),
  size: w.memory.default("10Gi").describe("Capacity requested for it."),
  access: z
    .enum(["one-node", "many-nodes"])
    .default("one-node")
    .describe("Whether steps on several nodes mount it at once, which SQLite cannot."),
  keep: w.protects(z.boolean().default(true).describe("Whether the rows stay when the stack is destroyed."), "keeping the rows"),
});

/** What a stack file may say of a pipeline. @param image what may be said of an image */
export function pipelineShape<I extends z.ZodType>(image: I) {
  return {
    image: image.describe("Image of all steps that say no other."),
    steps: z
      .record(w.dnsLabel, stepWith(image.optional().describe("Image of this step; default: the pipeline's.")))
      .refine((steps) => Object.keys(steps).length > 0, "must have a step")
      .describe("The steps by name; a service or job of the stack has the same name."),
    only: z
      .array(z.string())
      .min(1, "must name a part; leave it out to run all, or set mlstack:pipeline to null to run none")
      .optional()
      .describe(
        "Steps that run; the others are off, and what they have written stays. mlflow may be among them, and runs in any case where the stack has it. Default: all.",
      ),
    env: stepEnv.describe("Variables of every step; a step's own go before them."),
    volumes: z
      .record(w.dnsLabel, volume)
      .default({})
      .describe("Volumes that steps mount, by name; the name is unique in the stack and identifies the data."),
    database: w.placeOfData(
      z
        .enum(["sqlite", "postgres"])
        .default("sqlite")
        .describe("Where rows are: a file in a folder that steps share, or a PostgreSQL server. Another one begins empty."),
      "the rows of the pipeline",
    ),
    data: data.prefault({}).describe("The folder of the SQLite database: one volume, which stays when database is postgres."),
    postgres: databaseSettings.prefault({}).describe("The server of database: postgres."),
  };
}
