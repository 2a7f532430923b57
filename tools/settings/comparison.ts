import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

import { pathOf } from "../../infra/layers/path.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import { type Explanation, explanationOf, explanationsOf } from "./explanation.ts";

/** A setting in which two stacks, or two times of one stack, differ. */
export interface Difference {
  readonly path: string;
  readonly before: Explanation;
  readonly after: Explanation;
}

/** The settings in which two resolved stacks differ by value, whatever says it. */
export function differencesOf(schema: z.ZodType, before: Resolved, after: Resolved): Difference[] {
  const [one, other] = [before, after].map((resolved) => new Map(explanationsOf(schema, resolved).map((each) => [each.path, each])));
  const paths = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])];
  return paths.flatMap((path) => {
    const [left, right] = [one?.get(path), other?.get(path)];
    if (isDeepStrictEqual(left?.value, right?.value)) return [];
    const difference = {
      path,
      before: left ?? explanationOf(schema, before, pathOf(path)),
      after: right ?? explanationOf(schema, after, pathOf(path)),
    };
    // A map that one of both has nothing in.
    return isDeepStrictEqual(difference.before.value, difference.after.value) ? [] : [difference];
  });
}
