import { mistakesOf } from "../mistakes.ts";
import { dnsLabel } from "../name.ts";
import { refuse } from "../refuse.ts";

/** The names of one stack's things: two of a kind cannot share one, since others find them by it. */
export class NamesInUse {
  private readonly taken = new Set<string>();

  /**
   * Takes `name` for a thing of that kind and returns it.
   *
   * @throws Refusal when it is no host name, or taken.
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
