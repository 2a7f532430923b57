import type { EngineView } from "./engine-view.ts";
import { OWNER_LABEL, STACK_LABEL } from "./labels.ts";
import type { StackRecord } from "./record.ts";

/** An object on the engine. */
export interface Thing {
  readonly name: string;
  /** A volume has none but its name. */
  readonly id?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of the networks that a container is in. */
  readonly networks?: readonly string[];
}

/**
 * Tells what is this stack's on an engine that others use too. What its state knows is its own, whatever it is labelled. What
 * the state does not know is its own where it has the state's id: an interrupted deployment made it, or a volume was kept. A
 * stack's name does not say whose it is, since every clone of a project has the same.
 */
export class Ownership {
  /** The state's id for this stack, which all that it makes is labelled with. */
  readonly id: string;
  private readonly stack: string;
  private readonly record: StackRecord;
  private readonly ids: ReadonlySet<string>;
  private readonly volumes: ReadonlySet<string>;

  /** @param stack `<project>/<stack>` · @param id of a state that has none yet */
  constructor(stack: string, record: StackRecord, id: string) {
    this.stack = stack;
    this.record = record;
    this.id = record.owner ?? id;
    this.ids = new Set([...record.containers, ...record.networks].map((known) => known.id));
    this.volumes = new Set(record.volumes.map(({ name }) => name));
  }

  /** Whether a container, network or volume is this stack's. */
  owns({ name, id, labels, networks = [] }: Thing): boolean {
    if (id === undefined ? this.volumes.has(name) : this.ids.has(id)) return true;
    const owner = labels[OWNER_LABEL];
    if (owner !== undefined) return owner === this.id;
    // A job of an earlier release keeps its labels, so that it does not run again for another one.
    return labels[STACK_LABEL] === this.stack && (this.isOfEarlierRelease || networks.some((network) => this.ids.has(network)));
  }

  /** Whether a release that labelled by the stack's name alone has deployed this stack: then that name is its own this once. */
  private get isOfEarlierRelease(): boolean {
    const { owner, containers, networks, volumes } = this.record;
    return owner === undefined && containers.length + networks.length + volumes.length > 0;
  }
}

/** What is on the engine, with a mark at all that is this stack's. */
export function withOwner({ containers, networks, volumes, ...rest }: EngineView, owner: Ownership): EngineView {
  return {
    ...rest,
    containers: new Map([...containers].map(([name, one]) => [name, { ...one, ours: owner.owns({ name, ...one }) }])),
    networks: networks.map((one) => ({ ...one, ours: owner.owns(one) })),
    volumes: volumes.map((one) => ({ ...one, ours: owner.owns(one) })),
  };
}
