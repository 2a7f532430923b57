import * as pulumi from "@pulumi/pulumi";

import type { LostField } from "./drift.ts";
import type { ClusterView, Existing } from "./existing.ts";

/** The resource that an object is a part of: a noun, or the platform. */
export interface Owner extends pulumi.Resource {
  /** As messages name it, e.g. `service "api"`. */
  readonly title: string;
  /** Its type token and its name, as its URN ends. */
  readonly leaf: string;
}

/** Fields that one line names. */
const NAMED = 3;
/** Who changes the number of replicas where an autoscaler decides it. */
const AUTOSCALER = "kube-controller-manager";

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
    for (const { title, gone } of this.owners.values()) if (gone.length > 0) void pulumi.log.warn(goneLine(title, gone));
  }

  /** One line for an object of which fields were changed. */
  changed({ title }: Owner, object: string, lost: readonly LostField[], known: object, existing: Existing): void {
    const replicas = lost.find(({ path }) => path === "spec.replicas");
    if (replicas !== undefined) void pulumi.log.warn(scaledLine(title, replicas, known, existing));
    const others = lost.filter((field) => field !== replicas);
    if (others.length > 0) void pulumi.log.warn(changedLine(title, object, others));
  }
}

function goneLine(title: string, objects: readonly string[]): string {
  if (objects.some((object) => object.startsWith("PersistentVolumeClaim")))
    return `${title} is gone, and its data with it: it will be made again, empty, and jobs that fill it run again`;
  if (title.startsWith("gang") && objects.some((object) => object.startsWith("Job")))
    return `${title} is gone: it will start again, from its last checkpoint`;
  if (title.startsWith("job") && objects.some((object) => object.startsWith("Job"))) return `${title} is gone: it will run again`;
  const [first = "", ...others] = objects;
  const list = others.length === 0 ? `${first} is` : `${objects.slice(0, -1).join(", ")} and ${others.at(-1)} are`;
  return `${title}: ${list} gone: will be made again`;
}

/** One that somebody else has scaled. @param known what is declared */
export function scaledLine(title: string, { by }: LostField, known: object, { spec }: Existing): string {
  const wanted: unknown = Reflect.get(Object(Reflect.get(known, "spec")), "replicas");
  const who = by === AUTOSCALER ? "by an autoscaler" : "by hand";
  const remedy = by === AUTOSCALER ? "; the stack decides its replicas: remove the autoscaler, or set replicas" : "";
  return `${title} was scaled to ${spec?.replicas} ${who}: ${wanted} again${remedy}`;
}

/** One of which somebody else has changed fields. */
export function changedLine(title: string, object: string, lost: readonly LostField[]): string {
  const more = lost.length > NAMED ? ` and ${lost.length - NAMED} more` : "";
  const who = [...new Set(lost.map(({ by }) => by ?? "removed"))].join(", ");
  const paths = lost.slice(0, NAMED).map(({ path }) => path);
  return `${title}: ${object} was changed by hand (${who}): ${paths.join(", ")}${more} will be as declared again`;
}
