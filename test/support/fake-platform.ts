import * as pulumi from "@pulumi/pulumi";

import type * as w from "../../components/workload/index.ts";

/** What a component requested from a platform. */
export interface Request {
  readonly kind: string;
  readonly name: string;
  readonly spec: unknown;
}

/** A platform that only records what is requested from it. */
export class FakePlatform implements w.Platform {
  readonly target = "Fake";
  readonly requests: Request[] = [];
  private failure: Error | undefined;

  image(name: string, spec: w.ImageSpec, { parent }: w.ChildOptions): w.Image {
    this.requests.push({ kind: "image", name, spec });
    return { kind: "image", name, resource: parent, reference: pulumi.output(`${name}:fake`) };
  }

  volume(name: string, spec: w.VolumeSpec, { parent }: w.ChildOptions): w.Volume {
    this.requests.push({ kind: "volume", name, spec });
    return { kind: "volume", name, resource: parent, access: spec.access ?? "one-node" };
  }

  secret(name: string, spec: w.SecretSpec, { parent }: w.ChildOptions): w.Secret {
    this.requests.push({ kind: "secret", name, spec });
    return { kind: "secret", name, resource: parent, keys: Object.keys(spec.values) };
  }

  configFiles(name: string, spec: w.ConfigFilesSpec, { parent }: w.ChildOptions): w.ConfigFiles {
    this.requests.push({ kind: "configFiles", name, spec });
    return { kind: "configFiles", name, resource: parent };
  }

  service(name: string, spec: w.ServiceSpec, { parent }: w.ChildOptions): w.Service {
    this.requests.push({ kind: "service", name, spec });
    const url = spec.publish === undefined ? undefined : pulumi.output(`http://127.0.0.1:${spec.publish.port}`);
    return { kind: "service", name, resource: parent, address: name, replicasAddress: name, port: spec.port, url };
  }

  job(name: string, spec: w.JobSpec, { parent }: w.ChildOptions): w.Job {
    this.requests.push({ kind: "job", name, spec });
    return { kind: "job", name, resource: parent, fingerprint: pulumi.output(`fingerprint-of-${name}`) };
  }

  gang(name: string, spec: w.GangSpec, { parent }: w.ChildOptions): w.Gang {
    this.requests.push({ kind: "gang", name, spec });
    const members = Array.from({ length: spec.size }, (_, index) => `${name}-${index}`);
    return { kind: "gang", name, resource: parent, members, leader: `${name}-0` };
  }

  task(name: string, spec: w.TaskSpec, { parent }: w.ChildOptions): w.Task {
    this.requests.push({ kind: "task", name, spec });
    return { kind: "task", name, resource: parent, launch: pulumi.output(`launch-of-${name}`) };
  }

  collectLogs(name: string, spec: w.LogsSpec): void {
    this.requests.push({ kind: "logs", name, spec });
  }

  admitted(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  kept(): Promise<void> {
    return this.admitted();
  }

  abandon(error: Error): void {
    this.failure ??= error;
  }

  /** The spec of the one thing of that kind and name. */
  spec(kind: string, name: string): unknown {
    const found = this.requests.filter((one) => one.kind === kind && one.name === name);
    if (found.length !== 1) throw new Error(`${found.length} of ${kind} "${name}"`);
    return found[0]?.spec;
  }

  /** `kind name` lines in the order of the requests. */
  get lines(): string[] {
    return this.requests.map(({ kind, name }) => `${kind} ${name}`);
  }
}
