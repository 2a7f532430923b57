import type * as pulumi from "@pulumi/pulumi";

import { isChildOf, type Mistake, mayBeAt, type Place, placeText, placeUnder } from "../workload/adapter/index.ts";
import type { Kind } from "./names.ts";
import { TYPES } from "./record.ts";

/**
 * The obstacle of something that the program declares at another place than before, if it is one: the engine would make it
 * at the new place and then remove, at the old one, that very thing.
 *
 * @param known what the state has of that kind · @param physical its name on the engine · @param name in the program
 */
export function movedFrom(
  kind: Kind,
  known: readonly { readonly name: string; readonly place: Place }[],
  physical: string,
  name: string,
  parent: pulumi.Resource,
): Mistake | undefined {
  const before = known.find((one) => one.name === physical && isChildOf(one.place, name, parent));
  if (before === undefined || mayBeAt(before.place, TYPES[kind], name, parent)) return undefined;
  return {
    path: `${kind} "${physical}"`,
    message: `was declared at ${placeText(before.place)} and is now at ${placeText(placeUnder(TYPES[kind], name, parent))}; give what has moved an alias of its old place (\`aliases: [{ parent }]\` or \`[{ type }]\`), or deploy once without it${kind === "volume" ? ", which removes its data unless it is kept" : ""}`,
  };
}
