import * as pulumi from "@pulumi/pulumi";

import type { Truth } from "./truth.ts";

/** What of a URN says which place of the program declares a resource: its ancestors' types, its own, and its name. */
export function placeOf(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

/** The same of a resource, known once it is registered; nothing that uses it has to wait for its children too. */
export function placeOfResource({ urn }: pulumi.Resource, admitted: Promise<void>): pulumi.Output<string> {
  return pulumi.output(admitted.then(() => new Promise<string>((resolve) => urn.apply((known) => resolve(placeOf(known))))));
}

/**
 * Refuses a noun that is new to the engine while its objects exist, declared at another place of the program: the engine would
 * take them over by name, and then delete these very objects under their old place. With an alias it is not new.
 */
export function refusesMoves(truth: Truth, namespace: string): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(
    `mlstack:moved:${namespace}`,
    ({ urn }) => {
      const here = placeOf(urn);
      const there = truth.placesOf(leafOf(here)).find((place) => place !== here);
      if (there !== undefined) throw new Error(movedLine(truth.titleOf(leafOf(here)), there, here));
    },
    { onDryRun: true },
  );
  return { beforeCreate: [hook] };
}

function leafOf(place: string): string {
  return place.slice(place.lastIndexOf("$") + 1);
}

function movedLine(title: string, there: string, here: string): string {
  return [
    `${title} was declared at another place of the program, and its objects would be deleted with that place:`,
    `    then ${chain(there)}`,
    `    now  ${chain(here)}`,
    "  Give what was moved or renamed an alias (`aliases: [{ type, parent }]`, its former type or parent), or deploy once without it.",
  ].join("\n");
}

/** The ancestors' types without the words that all have. */
function chain(place: string): string {
  return place.replaceAll("$", " › ");
}
