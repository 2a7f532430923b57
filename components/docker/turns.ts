/** In which order replicas that exist are changed: half of them at a time, of two or three one, so that half of them serve meanwhile. */
export class Turns {
  private readonly turns: readonly (readonly string[])[];

  /** @param existing names of the replicas */
  constructor(existing: readonly string[]) {
    const atOnce = Math.max(1, Math.floor(existing.length / 2));
    this.turns = existing.flatMap((_, index) => (index % atOnce === 0 ? [existing.slice(index, index + atOnce)] : []));
  }

  /** The replicas of the turn before; those of the last one for a replica that is new. */
  before(replica: string): readonly string[] {
    const own = this.turns.findIndex((turn) => turn.includes(replica));
    return (own === -1 ? this.turns.at(-1) : this.turns[own - 1]) ?? [];
  }
}
