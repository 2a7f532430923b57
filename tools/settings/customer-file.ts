import { Document } from "yaml";
import { valueAt } from "../../components/workload/values.ts";
import { textOf } from "../../infra/layers/path.ts";
import { leaves, type Path, saidOf } from "../../infra/layers/said.ts";
import { subnetsOverlap } from "../../infra/platform.ts";

/** A setting in which a customer differs from what it starts from. */
export interface Own {
  readonly path: Path;
  readonly value: unknown;
}

/** Settings of a stack by key, with every default. */
type Settings = Readonly<Record<string, unknown>>;

/** Subnets that customers on one engine get, in this order. */
const SUBNETS = Array.from({ length: 12 }, (_, index) => `172.${20 + index}.0.0/16`);

/**
 * What two stacks on one engine, or in one cluster, cannot share: names, subnets and ports that what the customer starts from
 * says or has by default.
 *
 * @param from settings that the customer starts from · @param others those of all other stacks of the project
 */
export function mustDiffer(name: string, project: string, from: Settings, others: readonly Settings[]): Own[] {
  const onDocker = valueAt(from, ["platform", "kind"]) === "docker";
  const said = (path: Path) => valueAt(from, path) !== undefined;
  const names: Own[] = [
    ...(said(["platform", "prefix"]) ? [{ path: ["platform", "prefix"], value: name }] : []),
    ...(said(["platform", "network", "name"]) ? [{ path: ["platform", "network", "name"], value: `${name}-network` }] : []),
    ...(said(["platform", "namespace", "name"]) ? [{ path: ["platform", "namespace", "name"], value: `${project}-${name}` }] : []),
  ];
  if (!onDocker) return names;
  const subnets = others.flatMap((one) => valueAt(one, ["platform", "network", "subnet"]) ?? []).map(String);
  const free = SUBNETS.find((subnet) => !subnets.some((taken) => subnetsOverlap(subnet, taken)));
  const subnet =
    said(["platform", "network", "subnet"]) && free !== undefined ? [{ path: ["platform", "network", "subnet"], value: free }] : [];
  const taken = new Set(others.flatMap((one) => portsOf(one).map(({ value }) => value)));
  const ports = portsOf(from).map(({ path, value }) => {
    const port = nextFree(value, taken);
    taken.add(port);
    return { path, value: port };
  });
  return [...names, ...subnet, ...ports];
}

/** The text of a customer's file: what it starts from, and its own settings, a line for each part. */
export function customerFile(name: string, from: string, own: readonly Own[], schema: string): string {
  const config: Record<string, unknown> = { "mlstack:extends": from };
  for (const { path, value } of own) set(config, [`mlstack:${path[0] ?? ""}`, ...path.slice(1)], value);
  const document = new Document({ config: {} }, { schema: "core" });
  for (const [key, value] of Object.entries(config)) document.setIn(["config", key], document.createNode(value, { flow: true }));
  return `# yaml-language-server: $schema=${schema}\n# ${name}: what differs from ${from}.\n${document.toString({ lineWidth: 0 })}`;
}

/** Ports of the host that a stack publishes on. */
function portsOf(settings: Settings): { path: Path; value: number }[] {
  return leaves(saidOf(settings)).flatMap(({ path, said }) => {
    const isPort = /(^|\.)publish\.port$|(^|\.)debug\.hostPort$/.test(textOf(path));
    return isPort && said.kind === "value" && typeof said.value === "number" ? [{ path, value: said.value }] : [];
  });
}

function nextFree(port: number, taken: ReadonlySet<number>): number {
  let next = port;
  while (taken.has(next)) next++;
  return next;
}

function set(map: Record<string, unknown>, [key = "", ...rest]: Path, value: unknown): void {
  if (rest.length === 0) map[key] = value;
  else {
    map[key] ??= {};
    set(map[key] as Record<string, unknown>, rest, value);
  }
}
