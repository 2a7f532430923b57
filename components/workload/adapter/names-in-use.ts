import { mistakesOf } from "../mistakes.ts";
import { dnsLabel } from "../name.ts";
import { refuse } from "../refuse.ts";

/** The names of one stack's nouns: two of a kind cannot share one, because others find them by it. */
export class NamesInUse {
  private readonly taken = new Set<string>();

  /**
   * Reserves `name` for a noun of that kind and returns it.
   *
   * @throws Refusal when it is not a host name, or taken.
   */
  take(kind: string, name: string): string {
    const owner = { kind, name };
    const valid = dnsLabel.safeParse(name, { reportInput: true });
    if (!valid.success) {
      refuse(
        owner,
        mistakesOf(valid.error).map((mistake) => ({ ...mistake, path: "name" })),
      );
    }
    const key = `${kind} ${name}`;
    if (this.taken.has(key)) refuse(owner, [{ path: "name", message: `"${name}" is taken by another ${kind} of this stack` }]);
    this.taken.add(key);
    return name;
  }
}
