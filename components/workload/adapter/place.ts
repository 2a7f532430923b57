import * as pulumi from "@pulumi/pulumi";

/** Where in a program a resource is declared: the types of all that it is a child of, its own last, and its name. */
export interface Place {
  readonly types: readonly string[];
  readonly name: string;
}

/** What of a URN says which place of the program declares a resource: `TYPE$TYPE::NAME` of `urn:pulumi:STACK::PROJECT::TYPE$TYPE::NAME`. */
export function placeOf(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

/** The same in its parts. */
export function placeIn(urn: string): Place {
  const [types = "", ...name] = placeOf(urn).split("::");
  return { types: types.split("$"), name: name.join("::") };
}

/** A place in one text, as `placeOf` gives it. */
export function placeText({ types, name }: Place): string {
  return `${types.join("$")}::${name}`;
}

/** Whether a place is that of a child called `name` of a resource like `parent`, whatever that is a child of itself. */
export function isChildOf({ types, name: recorded }: Place, name: string, parent: pulumi.Resource): boolean {
  // The SDK has the type of every resource, and offers no function for it.
  return recorded === name && types.at(-2) === String(Reflect.get(parent, "__pulumiType"));
}

/** Type and name of a resource, as its place ends. */
export function leafOf(place: string): string {
  return place.slice(place.lastIndexOf("$") + 1);
}

/**
 * Refuses a noun that is new to the engine while what it declares exists, declared at another place of the program: the engine
 * would take it over by name, or make it anew, and then delete that very thing under its old place. With an alias, its own or one
 * of whatever it is a child of, it is not new; only the engine knows all of these.
 *
 * @param id tells this hook from those of other platforms · @param placesOf places at which what ends so was declared before
 */
export function refusesMoves(id: string, placesOf: (leaf: string) => readonly string[]): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(
    `mlstack:moved:${id}`,
    ({ urn }) => {
      const refusal = moveRefusal(placeOf(urn), placesOf);
      if (refusal !== undefined) throw new Error(refusal);
    },
    { onDryRun: true },
  );
  return { beforeCreate: [hook] };
}

/** Why what is new at this place is refused, if it is. */
export function moveRefusal(here: string, placesOf: (leaf: string) => readonly string[]): string | undefined {
  const there = placesOf(leafOf(here)).find((place) => place !== here);
  if (there === undefined) return undefined;
  return [
    `${titleOf(leafOf(here))} was declared at another place of the program, and its objects would be deleted with that place:`,
    `    then ${chain(there)}`,
    `    now  ${chain(here)}`,
    "  Give what was moved or renamed an alias (`aliases: [{ type, parent }]`, its former type or parent), or deploy once without it.",
  ].join("\n");
}

/** How messages name a noun: `volume "data"` for `mlstack:docker:Volume::data`; a stack has one platform. */
export function titleOf(leaf: string): string {
  const [type = "", ...name] = leaf.split("::");
  const kind = type.slice(type.lastIndexOf(":") + 1);
  return kind === "Platform" ? "platform" : `${kind.charAt(0).toLowerCase()}${kind.slice(1)} "${name.join("::")}"`;
}

function chain(place: string): string {
  return place.replaceAll("$", " › ");
}
