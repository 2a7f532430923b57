import type Docker from "dockerode";

/** What exists on the engine when the program starts; read once, never written. */
export interface EngineView {
  /** All containers, running or not, by name. */
  readonly containers: ReadonlyMap<string, ContainerView>;
  readonly networks: readonly NetworkView[];
  /** Names of the container runtimes, e.g. `runc`, `nvidia`. */
  readonly runtimes: readonly string[];
}

export interface ContainerView {
  readonly id: string;
  readonly running: boolean;
  /** Exit code of a container that ended. */
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** `address:port` pairs on the host. */
  readonly published: readonly string[];
}

export interface NetworkView {
  readonly name: string;
  readonly subnets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** An engine without anything on it; what a test without a Docker engine starts from. */
export const EMPTY_ENGINE: EngineView = { containers: new Map(), networks: [], runtimes: ["runc"] };

/** A container by its name. The engine sends null for empty labels and ports. */
export function containerView({ Id, Names, Status, State, Labels, Ports }: Docker.ContainerInfo): [string, ContainerView] {
  const exit = /^Exited \((\d+)\)/.exec(Status)?.[1];
  const view = {
    id: Id,
    running: State === "running" || State === "restarting",
    exitCode: exit === undefined ? undefined : Number(exit),
    labels: Labels ?? {},
    published: (Ports ?? []).flatMap(({ IP, PublicPort }) => (PublicPort === undefined ? [] : [`${IP ?? "0.0.0.0"}:${PublicPort}`])),
  };
  return [(Names[0] ?? Id).replace(/^\//, ""), view];
}

export function networkView({ Name, IPAM, Labels }: Docker.NetworkInspectInfo): NetworkView {
  return { name: Name, subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []), labels: Labels ?? {} };
}
