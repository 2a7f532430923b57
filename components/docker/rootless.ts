import type { CompleteContainer } from "../workload/adapter/index.ts";

/** What an engine's own description says of what it can do. */
export interface Abilities {
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

/** Lowest port that Linux lets every user open, unless an administrator has set another. */
const FIRST_OPEN_PORT = 1024;

/** Whether an engine runs as a user without rights of the machine's administrator. */
export function isRootless({ SecurityOptions }: Abilities): boolean {
  return (SecurityOptions ?? []).some((option) => option.split(",").includes("name=rootless"));
}

/** That an engine takes limits and holds no container to them, if so: it says itself which ones. */
export function unheldLimits({ MemoryLimit, CpuCfsQuota }: Abilities): { readonly text: string; readonly remedy: string } | undefined {
  const unheld = [...(MemoryLimit === false ? ["memory"] : []), ...(CpuCfsQuota === false ? ["processors"] : [])].join(" and ");
  if (unheld === "") return undefined;
  return {
    text: `holds no container to its limits of ${unheld}: one can take all that the machine has`,
    remedy:
      "a rootless engine needs control groups of version 2, delegated to its user (systemd: Delegate=cpu cpuset io memory pids); others need them mounted",
  };
}

/** What of a container may be another thing on a rootless engine, or fail only when it starts: a line each. */
export function rootlessRemarks(workload: string, { hosts, resources }: Pick<CompleteContainer, "hosts" | "resources">): string[] {
  const names = Object.keys(hosts).filter((name) => hosts[name] === "host");
  const raised = (["lockedMemory", "stack"] as const).filter((limit) => resources[limit] !== undefined);
  return [
    ...names.map(
      (name) =>
        `"${workload}": hosts.${name}: on a rootless engine "host" is the engine's own network, and this machine only where it runs with --host-gateway-ip; give the machine's address instead`,
    ),
    ...raised.map(
      (limit) =>
        `"${workload}": resources.${limit}: a rootless engine raises no limit over its user's own, and the container would not start; raise that one (\`ulimit\`, or Limit…= of the engine's systemd unit), or leave the setting out`,
    ),
  ];
}

/** That a rootless engine may not open a port, as a line. */
export function portRemark(setting: string, port: number): string | undefined {
  if (port >= FIRST_OPEN_PORT) return undefined;
  return `${setting}: a rootless engine opens port ${port} only where its user may; publish on ${FIRST_OPEN_PORT} or above, or let it (sysctl net.ipv4.ip_unprivileged_port_start=${port})`;
}
