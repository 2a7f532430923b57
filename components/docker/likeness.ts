import type Docker from "dockerode";

import type { ContainerRecord } from "./record.ts";

/** What a container is made with, as far as another one can be told from it, each in one text. */
type Likeness = Readonly<Record<string, string>>;

/**
 * In what a container differs from one that a deployment made, in words: of a further one under its name, which may look like
 * it. Variables that may not be seen are left out, and no value is ever said.
 */
export function unlikenessOf(before: ContainerRecord, now: Docker.ContainerInspectInfo): string[] {
  const [was, is] = [recorded(before), actual(now)];
  const others = Object.keys(was).filter((word) => was[word] !== is[word]);
  return [...others, ...variables(before.envs, now.Config.Env ?? [])];
}

function recorded(one: ContainerRecord): Likeness {
  return {
    image: one.image,
    command: text([...(one.entrypoints ?? []), ...(one.command ?? [])]),
    mounts: text(one.mounts.map(({ source, target, readOnly }) => `${source}:${target}:${readOnly === true ? "ro" : "rw"}`).sort()),
    user: one.user ?? "",
    ports: text(one.ports.map(({ internal, external, ip }) => `${ip || "0.0.0.0"}:${external}:${internal}`).sort()),
    capabilities: text([one.capabilities?.adds ?? [], one.capabilities?.drops ?? []]),
    "protection of its files": String(one.readOnly),
    privileges: text([one.privileged, [...(one.securityOpts ?? [])].sort()]),
    labels: text(Object.entries(one.labels).sort()),
  };
}

function actual({ Config, HostConfig, Mounts }: Docker.ContainerInspectInfo): Likeness {
  return {
    image: Config.Image,
    command: text([...listOf(Config.Entrypoint), ...listOf(Config.Cmd)]),
    mounts: text(
      Mounts.filter(({ Type }) => Type !== "tmpfs")
        .map(({ Name, Source, Destination, RW }) => `${Name ?? Source}:${Destination}:${RW ? "rw" : "ro"}`)
        .sort(),
    ),
    user: Config.User,
    ports: text(
      Object.entries<{ HostIp?: string; HostPort?: string }[] | null>(HostConfig.PortBindings ?? {})
        .flatMap(([port, bindings]) =>
          (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp || "0.0.0.0"}:${HostPort}:${port.split("/")[0]}`),
        )
        .sort(),
    ),
    capabilities: text([HostConfig.CapAdd ?? [], HostConfig.CapDrop ?? []]),
    "protection of its files": String(HostConfig.ReadonlyRootfs ?? false),
    privileges: text([HostConfig.Privileged ?? false, [...(HostConfig.SecurityOpt ?? [])].sort()]),
    labels: text(Object.entries(Config.Labels ?? {}).sort()),
  };
}

/** Names of the variables that have another value, or none. */
function variables(recorded: readonly string[] | undefined, actual: readonly string[]): string[] {
  if (recorded === undefined) return [];
  const names = recorded.filter((one) => !actual.includes(one)).map((one) => one.split("=")[0] ?? "");
  return names.length === 0 ? [] : [`variables ${names.join(", ")}`];
}

function listOf(words: string | readonly string[] | null | undefined): readonly string[] {
  return typeof words === "string" ? [words] : (words ?? []);
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
