import * as pulumi from "@pulumi/pulumi";

import type * as w from "../../components/workload/index.ts";

/** Handles and minimal valid specs, so that a test shows only what it is about. */
const unregistered = Object.create(pulumi.Resource.prototype) as pulumi.Resource;

export function aVolume(name: string): w.Volume {
  return { kind: "volume", name, resource: unregistered, access: "one-node" };
}

export function aSecret(name: string): w.Secret {
  return { kind: "secret", name, resource: unregistered, keys: ["k"] };
}

export function aService(name: string, port = 8000): w.Service {
  return { kind: "service", name, resource: unregistered, address: name, replicasAddress: name, port, url: undefined };
}

export function aJob(name: string): w.Job {
  return { kind: "job", name, resource: unregistered, fingerprint: pulumi.output("run") };
}

export function aServiceSpec(changes: Partial<w.ServiceSpec> = {}): w.ServiceSpec {
  return { container: { image: "shop:1" }, port: 8000, readiness: { kind: "http", port: 8000, path: "/ready" }, ...changes };
}

export function aJobSpec(changes: Partial<w.JobSpec> = {}): w.JobSpec {
  return { container: { image: "shop:1", command: ["load"] }, ...changes };
}

export function aTaskSpec(changes: Partial<w.TaskSpec> = {}): w.TaskSpec {
  return { container: { image: "shop:1", command: ["train"] }, ...changes };
}

export function aGangSpec(changes: Partial<w.GangSpec> = {}): w.GangSpec {
  return { container: { image: "shop:1" }, size: 2, rendezvousPort: 29500, ...changes };
}
