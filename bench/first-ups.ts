import type { Cost } from "./measure.ts";
import { type Project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Bound, Row } from "./table.ts";

/** The same system by something else than mlstack. */
export interface Peer {
  /** As the table names it. */
  readonly name: string;
  /** From nothing until it is ready. */
  up(): Promise<Cost>;
  /** Once more, when there is nothing to do. */
  again(): Promise<Cost>;
  /** Back to nothing, its data included. */
  down(): Promise<Cost>;
  /** What this peer is meant to be beaten in. */
  readonly goals?: { readonly up?: Bound; readonly down?: Bound };
}

/** What a preview without changes is meant to cost by itself. */
export interface PreviewGoals {
  readonly seconds: number;
  readonly megabytes?: number;
}

/** A stack from nothing and back, by mlstack and by its peers in turns, and what it costs to find that nothing is to be done. */
export async function firstUps(stack: Project, peers: readonly Peer[], goals: PreviewGoals): Promise<Row[]> {
  const own = { up: [] as Cost[], again: [] as Cost[], down: [] as Cost[] };
  const others = peers.map((peer) => ({ peer, up: [] as Cost[], again: [] as Cost[], down: [] as Cost[] }));
  await rounds("dev stack", ROUNDS, async () => {
    own.up.push(await stack.run("up", "--yes", "--skip-preview"));
    own.again.push(await stack.run("preview", "--expect-no-changes"));
    own.down.push(await stack.run("destroy", "--yes", "--skip-preview"));
    for (const { peer, up, again, down } of others) {
      up.push(await peer.up());
      again.push(await peer.again());
      down.push(await peer.down());
    }
    const named = [{ peer: { name: "mlstack" }, up: own.up }, ...others];
    return named.map(({ peer, up }) => `${peer.name} ${up.at(-1)?.seconds.toFixed(1)} s`).join(", ");
  });
  const beside = (what: string, step: "up" | "again" | "down") =>
    others.map(({ peer, [step]: costs }): Row => {
      const bound = step === "again" ? undefined : peer.goals?.[step];
      const goal = bound === undefined ? {} : { goal: { ratio: bound } };
      return { what, own: secondsOf(own[step]), peer: { name: peer.name, values: secondsOf(costs) }, ...goal };
    });
  return [
    ...beside("first `up` of the dev stack, s", "up"),
    ...beside("nothing to do, s", "again"),
    ...previewRows("preview without changes", own.again, goals),
    ...beside("removal of the dev stack, s", "down"),
  ];
}

/** How long previews that change nothing took, and the most memory that one process held. */
export function previewRows(what: string, costs: readonly Cost[], { seconds, megabytes }: Partial<PreviewGoals> = {}): Row[] {
  const bound = (most: number | undefined) => (most === undefined ? {} : { goal: { value: { most } } });
  return [
    { what: `${what}, s`, own: secondsOf(costs), ...bound(seconds) },
    { what: `${what}, largest process, MB`, own: costs.map((one) => one.megabytes), ...bound(megabytes) },
  ];
}

export function secondsOf(costs: readonly Cost[]): number[] {
  return costs.map(({ seconds }) => seconds);
}
