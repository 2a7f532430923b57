import type { z } from "zod";

import { filesIn } from "../../infra/layers/disk.ts";
import { type Resolved, resolveLayers } from "../../infra/layers/resolve.ts";
import { ownLayer } from "../setup/layers.ts";
import type { Stack } from "../setup/stack.ts";

/** A stack's settings with those of all layers, the place of each value, and what is wrong with the layers. */
export function resolvedSettings(stack: Stack, schema: z.core.$ZodType): Resolved {
  const { folder, project } = stack;
  return resolveLayers(ownLayer(stack), filesIn({ root: folder, name: project }), schema, folder);
}
