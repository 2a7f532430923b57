import type { Drift } from "../workload/drift.ts";
import type { ContainerView, EngineView, NetworkView } from "./engine-view.ts";
import { COMMAND_LABEL, OWNER_LABEL, STACK_LABEL } from "./labels.ts";
import type { StackRecord } from "./record.ts";

/** Whose engine it is looked at. */
export interface Whose {
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The state's id; undefined where an earlier release deployed. */
  readonly owner: string | undefined;
}

const LEFT = { next: "left alone", outcome: "a deployment leaves it as it is" } as const;
const NOT_MADE = "and no deployment has made it";

/**
 * What no deployment has made and that carries the stack's labels, has a name of its, or is in its network. Runs of tasks
 * are no part of a deployment.
 *
 * @param unlike in what a container under one of the stack's names differs, by its id
 */
export function strangersOn(view: EngineView, record: StackRecord, whose: Whose, unlike: ReadonlyMap<string, readonly string[]>): Drift[] {
  const ids = new Set([...record.containers, ...record.networks].map(({ id }) => id));
  const containers = [...view.containers].filter(([, { id, labels }]) => !ids.has(id) && !(COMMAND_LABEL in labels));
  const networks = view.networks.filter(({ id }) => !ids.has(id));
  return [
    ...containers.flatMap(([name, one]) => strangeContainer(name, one, record, whose, unlike.get(one.id) ?? []) ?? []),
    ...networks.flatMap((one) => strangeNetwork(one, record, whose) ?? []),
  ];
}

function strangeContainer(
  name: string,
  { id, labels, networks, ours }: ContainerView,
  record: StackRecord,
  whose: Whose,
  unlike: readonly string[],
): Drift | undefined {
  const subject = `container ${name}`;
  const holder = record.containers.find((one) => one.name === name && one.id !== id);
  if (holder !== undefined) {
    const other = unlike.length === 0 ? "" : `, with another ${unlike.join(", ")}`;
    return inPlace(subject, `was made by hand under the name of ${holder.place.name}${other}`, ours, `docker rm -f ${name}`);
  }
  if (isMarked(labels, whose)) {
    const isOwn = labels[OWNER_LABEL] !== undefined;
    const remedy = isOwn ? "npm run repair" : `docker rm -f ${name}`;
    return { subject, what: `carries the labels of this stack, ${NOT_MADE}`, ...LEFT, remedy };
  }
  const joined = record.networks.find((network) => networks.includes(network.id));
  if (joined === undefined) return undefined;
  return {
    subject,
    what: `is in the stack's network, ${NOT_MADE}`,
    ...LEFT,
    remedy: `docker network disconnect ${joined.name} ${name}`,
  };
}

function strangeNetwork({ name, labels, ours }: NetworkView, record: StackRecord, whose: Whose): Drift | undefined {
  const subject = `network ${name}`;
  if (record.networks.some((one) => one.name === name))
    return inPlace(subject, "was made by hand under the name of the stack's", ours, `docker network rm ${name}`);
  if (!isMarked(labels, whose)) return undefined;
  return { subject, what: `carries the labels of this stack, ${NOT_MADE}`, ...LEFT, remedy: "npm run repair" };
}

/** What has the name of something that a deployment would make. */
function inPlace(subject: string, what: string, ours: boolean, remedy: string): Drift {
  if (ours) return { subject, what, next: "made again", outcome: "a deployment removes it and makes its own" };
  return { subject, what, next: "refused", outcome: "a deployment is refused while it is there", remedy };
}

/** Whether labels say that it is this stack's: another state's, of a stack of the same name, has an id of its own. */
function isMarked(labels: Readonly<Record<string, string>>, { stack, owner }: Whose): boolean {
  const id = labels[OWNER_LABEL];
  return id === undefined ? labels[STACK_LABEL] === stack : id === owner;
}
