import { z } from "zod";

import { strict } from "../../components/workload/strict.ts";

/** The file name of a layer, without `Pulumi.` and `.yaml`. */
const layerName = z.string().regex(/^[A-Za-z0-9._-]+$/, { error: "must be the NAME of Pulumi.NAME.yaml or of layers/NAME.yaml" });

/** Numbers compare as they are; amounts of memory and times by what they mean. */
const bound = z.union([z.number(), z.string().min(1)]);

/** What lower layers allow: nothing else than they say, or a range. */
const lock = z.union(
  [
    z.literal(true),
    strict({
      min: bound.optional().describe("Least value."),
      max: bound.optional().describe("Greatest value."),
      oneOf: z
        .array(z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .describe("Values that are allowed."),
    }),
  ],
  { error: "must be true (the value of this layer), or { min, max, oneOf }" },
);

/** What a file says of layers. These keys are read by the layers themselves: no component has them. */
export const layerKeys = strict({
  extends: z
    .union([layerName, z.array(layerName)], { error: "must be the name of a layer, or a list of names" })
    .optional()
    .describe("Layers that this file starts from, each Pulumi.NAME.yaml or layers/NAME.yaml; a later one goes before an earlier one."),
  defaults: z
    .array(z.string(), { error: 'must be a list of settings, for example ["features.api.replicas"]' })
    .optional()
    .describe("Settings that go back to their default, whatever the layers below say."),
  locked: z
    .union([z.array(z.string()), z.record(z.string(), lock)], {
      error: 'must be a list of settings, or a map such as { "features.api.replicas": { max: 8 } }',
    })
    .optional()
    .describe("Settings that no file which extends this one may change, or only within a range."),
});

export type LayerKeys = z.output<typeof layerKeys>;
export type Range = Exclude<z.output<typeof lock>, true>;
