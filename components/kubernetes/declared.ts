import * as pulumi from "@pulumi/pulumi";

import { type Admission, chance, type Mistake } from "../workload/adapter/index.ts";
import { lostFields } from "./drift.ts";
import { type ClusterView, type Existing, isOurs } from "./existing.ts";
import { furtherFields } from "./further.ts";
import { DECLARED, MADE, OWNER, PLACE, WAIT_FOR } from "./labels.ts";
import { digest, noteOfLost } from "./loss-note.ts";
import { placeOfResource } from "./place.ts";
import type { inputs } from "./provider.ts";
import { isRemade } from "./remade.ts";
import type { Owner, Truth } from "./truth.ts";

/** What the objects of one stack share. */
export interface Ground {
  /** Value of the stack label. */
  readonly stack: string;
  /** Name of the namespace as plain text, for messages and for absolute host names. */
  readonly namespaceName: string;
  readonly view: ClusterView;
  readonly admission: Admission;
  readonly truth: Truth;
  /** Id of the state; undefined without a cluster. */
  readonly state: string | undefined;
}

/** How one object is compared with what exists. */
interface Comparison {
  /** What stands for it where it is gone and need not be made again. */
  readonly stand?: Existing | undefined;
  /** Whether it is made again though it exists. */
  readonly again?: boolean;
  /** What a new one is known by. Default: chance. */
  readonly fresh?: string;
  /** Whether its name is random: a new one is made before the old one goes. */
  readonly unnamed?: boolean;
}

/** What the stack declares is the stack's: a field that was changed by hand must not end every later deployment. */
const OURS_ALONE = { "pulumi.com/patchForce": "true" };

/**
 * An object that a stack declares, next to the one of that name that exists. One that is gone is made again, and one that was
 * changed by hand is put right, though nothing of the program has changed. One that is not the stack's own is an obstacle, and
 * never taken over.
 */
export class DeclaredObject {
  /** The stack's own object as it is now, or what stands for it. */
  readonly existing: Existing | undefined;
  /** Whether the object has to be made. */
  readonly absent: boolean;
  private readonly ground: Ground;
  private readonly owner: Owner;
  private readonly kind: string;
  private readonly unnamed: boolean;
  private readonly made: string | undefined;

  /** @param name of the object, or of the noun that a Secret belongs to */
  constructor(
    ground: Ground,
    owner: Owner,
    kind: string,
    name: string,
    { stand, again = false, fresh = chance(`${kind}/${name}`), unnamed = false }: Comparison = {},
  ) {
    const { view, stack, admission, truth } = ground;
    const found = kind === "Namespace" ? view.namespace : view.objects.get(`${kind}/${name}`);
    const own = found !== undefined && isOurs(found, stack) ? found : undefined;
    if (found !== undefined && own === undefined && kind !== "Namespace") admission.require(foreign(ground, kind, name));
    // One that is being deleted does not stay: another is made when it has gone. Nor can one be put right that is not the stack's.
    const stays = own?.metadata.deletionTimestamp === undefined && !(own !== undefined && isRemade(kind, own)) ? own : undefined;
    const unread = view.unread.has(kind);
    this.ground = ground;
    this.owner = owner;
    this.kind = kind;
    this.unnamed = unnamed;
    this.existing = stays ?? stand;
    this.absent = again || (this.existing === undefined && !unread);
    // What may not be read is neither gone nor there as far as anybody knows.
    this.made = this.absent ? fresh : unread ? undefined : (this.existing?.metadata.annotations?.[MADE] ?? "first");
    truth.declared(owner, kind, name, {
      place: (own ?? stand)?.metadata.annotations?.[PLACE],
      gone: this.existing === undefined && !unread,
    });
  }

  /** What is sent of it: `metadata` with what the next deployment compares, and `body`. @param compared of the body: never a secret */
  inputs<B extends object>(metadata: Metadata, body: B, compared: object = body): B & { metadata: inputs.meta.v1.ObjectMeta } {
    const { annotations = {}, name: _name, namespace: _namespace, ...rest } = metadata;
    const place = placeOfResource(this.owner, this.ground.admission.admitted());
    const all = pulumi.output<object>({ ...compared, metadata: { ...rest, annotations } });
    const declared = pulumi.all([all, place]).apply(([known, where]) => this.shown(this.noteOn(known, where)));
    const notes: Annotations = {
      ...OURS_ALONE,
      ...(this.ground.state === undefined ? {} : { [OWNER]: this.ground.state }),
      [DECLARED]: declared,
      ...(annotations[WAIT_FOR] === undefined ? {} : { [WAIT_FOR]: declared.apply(untilSeen) }),
      [PLACE]: place,
      ...(this.made === undefined ? {} : { [MADE]: this.made }),
    };
    return { ...body, metadata: { ...metadata, annotations: { ...annotations, ...notes } } };
  }

  /** Options under which it is made again where it is gone. @param fields others for which it is replaced */
  options(fields: readonly string[] = []): { replaceOnChanges?: string[]; deleteBeforeReplace?: boolean } {
    if (!this.absent) return fields.length === 0 ? {} : { replaceOnChanges: [...fields], deleteBeforeReplace: true };
    return { replaceOnChanges: [...fields, `metadata.annotations["${MADE}"]`], ...(this.unnamed ? {} : { deleteBeforeReplace: true }) };
  }

  /**
   * A note as a preview has it. The API server lets hardly any field of a Job change, and the provider, which asks it what a new
   * one would look like while the old one is there, tells users of its troubles with that. Of what is not known yet it asks nothing.
   */
  private shown(note: string): pulumi.Output<string> {
    const last = this.existing?.metadata.annotations?.[DECLARED];
    const isReplaced = this.kind === "Job" && last !== undefined && note !== last && !this.absent;
    return isReplaced && pulumi.runtime.isDryRun() ? pulumi.output(pulumi.unknown).apply(String) : pulumi.output(note);
  }

  /**
   * Hash of what is declared, and of what of it is no longer so: where the object has another one, the provider applies all
   * that is declared.
   */
  private noteOn(known: object, place: string): string {
    const hash = digest([known, place, this.ground.state]);
    const last = this.existing?.metadata.annotations?.[DECLARED];
    if (this.existing === undefined || this.absent || last === undefined) return hash;
    const unchanged = last.startsWith(hash);
    // What nobody has set may be a field that the program did not declare before.
    const lost = lostFields(known, this.existing).filter(({ by }) => by !== undefined || unchanged);
    const note = lost.length === 0 ? (unchanged ? last : hash) : noteOfLost(hash, lost, this.existing);
    // A field that the API server drops is lost at every look: with the same hash, it is no change.
    const isKnown = lost.length === 0 || note === last;
    const touched = { lost: isKnown ? [] : lost, further: furtherFields(known, this.existing) };
    this.ground.truth.changed(this.owner, `${this.kind} "${this.existing.metadata.name}"`, touched, known, this.existing);
    return note;
  }
}

/**
 * What the provider waits for where it is to wait only until an object exists: that the API server shows what was sent. Any
 * earlier it may note the object as it was before, and the next preview would list a change that there is not.
 */
function untilSeen(declared: string): string {
  return `jsonpath={.metadata.annotations['${DECLARED}']}=${declared}`;
}

type Annotations = Record<string, pulumi.Input<string>>;

/** Metadata with annotations that are known one by one. */
export type Metadata = Omit<inputs.meta.v1.ObjectMeta, "annotations"> & { readonly annotations?: Readonly<Annotations> };

function foreign({ namespaceName }: Ground, kind: string, name: string): Mistake {
  return {
    path: `${kind} "${name}"`,
    message: `is in namespace "${namespaceName}" already and belongs to something else; remove it, or choose another namespace`,
  };
}
