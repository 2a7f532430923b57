import * as pulumi from "@pulumi/pulumi";

import type { Place } from "./own-state.ts";

/** The type of a stack, which is the parent of all and no part of a place. */
const STACK = "pulumi:pulumi:Stack";

/**
 * Whether what the state has at `recorded` is what the program declares as `type` and `name` under `parent`: the same place,
 * or a former one. Only the engine knows all former places, so one that an alias may lead to counts as such.
 */
export function mayBeAt(recorded: Place, type: string, name: string, parent: pulumi.Resource): boolean {
  const types = [...recorded.types];
  if (types.pop() !== type || recorded.name !== name) return false;
  for (let holder: pulumi.Resource | undefined = parent; holder !== undefined; holder = parentOf(holder)) {
    if (typeOf(holder) === STACK) break;
    if (hasAliases(holder)) return true;
    if (types.pop() !== typeOf(holder)) return false;
  }
  return types.length === 0;
}

/** Whether a place is that of a child called `name` of a resource like `parent`, whatever that is a child of itself. */
export function isChildOf({ types, name: recorded }: Place, name: string, parent: pulumi.Resource): boolean {
  return recorded === name && types.at(-2) === typeOf(parent);
}

/** A place as messages name it, e.g. `mlstack:index:MlStack > mlstack:docker:Volume "data"`; the provider's own type is left out. */
export function placeText({ types, name }: Place): string {
  return `${types.slice(0, -1).join(" > ")} "${name}"`;
}

/** The place of a resource that is declared under `parent`. */
export function placeUnder(type: string, name: string, parent: pulumi.Resource): Place {
  const types = [type];
  for (let holder: pulumi.Resource | undefined = parent; holder !== undefined; holder = parentOf(holder)) {
    if (typeOf(holder) !== STACK) types.unshift(typeOf(holder));
  }
  return { types, name };
}

// The SDK has these of every resource, and offers no function for them.
function parentOf(resource: pulumi.Resource): pulumi.Resource | undefined {
  const parent: unknown = Reflect.get(resource, "__parentResource");
  return parent instanceof pulumi.Resource ? parent : undefined;
}

function typeOf(resource: pulumi.Resource): string {
  return String(Reflect.get(resource, "__pulumiType"));
}

function hasAliases(resource: pulumi.Resource): boolean {
  const aliases: unknown = Reflect.get(resource, "__aliases");
  return Array.isArray(aliases) && aliases.length > 0;
}
