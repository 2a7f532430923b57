import * as pulumi from "@pulumi/pulumi";

import { type Drift, deviationText } from "../workload/drift.ts";
import { changed, extended, gone } from "./deviations.ts";
import type { LostField } from "./drift.ts";
import type { ClusterView, Existing } from "./existing.ts";

/** The resource that an object is a part of: a noun, or the platform. */
export interface Owner extends pulumi.Resource {
  /** As messages name it, e.g. `service "api"`. */
  readonly title: string;
  /** Its type token and its name, as its URN ends. */
  readonly leaf: string;
}

interface Declarations {
  readonly title: string;
  readonly places: string[];
  readonly gone: string[];
}

/** Says what of a stack is not as its last deployment left it, in one line each, and what becomes of it. */
export class Truth {
  private readonly view: ClusterView;
  private readonly owners = new Map<string, Declarations>();
  private readonly all = new Set<string>();
  private readonly parts = new Map<Owner, Promise<pulumi.Resource> | pulumi.Resource>();
  private readonly runs: Record<string, pulumi.Output<Record<string, string>>> = {};

  constructor(view: ClusterView) {
    this.view = view;
  }

  /** `Kind/name` of all that is declared so far. */
  get objects(): readonly string[] {
    return [...this.all].sort();
  }

  /** Annotations of the jobs, by name, once these have succeeded. */
  get jobs(): Readonly<Record<string, pulumi.Output<Record<string, string>>>> {
    return this.runs;
  }

  /** Resolves to everything that is declared so far, when it exists and keeps its promise. */
  complete(): Promise<pulumi.Resource[]> {
    return Promise.all(this.parts.values());
  }

  /** Notes when a workload keeps its promise: once its object is registered and `done`. */
  keeps(owner: Owner, object: pulumi.Resource, done: Promise<pulumi.Resource>): void {
    // An object that cannot be registered ends the wait for it.
    const registered = pulumi.runtime.serializeProperties("object", { urn: object.urn });
    this.parts.set(
      owner,
      registered.then(() => done),
    );
  }

  /** Notes what the deployments after a job's success have to know. */
  ran(name: string, annotations: pulumi.Input<Record<string, pulumi.Input<string>>>): void {
    this.runs[name] = pulumi.output(annotations);
  }

  /** Notes that a noun declares an object. @param place that declared the existing one · @param gone whether it has to be made */
  declared(owner: Owner, kind: string, name: string, { place, gone }: { place: string | undefined; gone: boolean }): void {
    const key = `${kind}/${name}`;
    this.all.add(key);
    if (!this.parts.has(owner)) this.parts.set(owner, owner);
    const { title, leaf } = owner;
    const known = this.owners.get(leaf) ?? { title, places: [], gone: [] };
    this.owners.set(leaf, known);
    if (place !== undefined) known.places.push(place);
    if (gone && this.view.deployed.objects.has(key)) known.gone.push(`${kind} "${name}"`);
  }

  /** Places that declared the existing objects of what has this leaf. */
  placesOf(leaf: string): readonly string[] {
    return this.owners.get(leaf)?.places ?? [];
  }

  /** One line for each noun of which something is gone, once everything is declared. */
  sayWhatIsGone(): void {
    for (const { title, gone: objects } of this.owners.values()) if (objects.length > 0) say(gone(title, objects));
  }

  /** A line for an object of which fields were changed, or lie beside those that are declared. */
  changed({ title }: Owner, object: string, { lost, further }: Touched, known: object, existing: Existing): void {
    for (const one of [...changed(title, object, lost, known, existing), ...extended(title, object, further)]) say(one);
  }
}

/** Fields that were touched by hand. */
interface Touched {
  readonly lost: readonly LostField[];
  readonly further: readonly LostField[];
}

function say(one: Drift): void {
  void pulumi.log.warn(`${one.subject} ${deviationText(one)}`);
}
