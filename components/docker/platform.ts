import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { DockerConfigFiles } from "./config-files.ts";
import type { DockerContext } from "./context.ts";
import { DeviceLedger } from "./devices.ts";
import { Engine } from "./engine.ts";
import type { EngineView } from "./engine-view.ts";
import { DockerGang } from "./gang.ts";
import { hooksFor } from "./hooks.ts";
import { DockerImage } from "./image.ts";
import { DockerJob } from "./job.ts";
import { labelList, STACK_LABEL } from "./labels.ts";
import { AddressLedger, networkArgs, networkTaken } from "./network.ts";
import { isFreeHere, type PortCheck, PortLedger } from "./ports.ts";
import * as docker from "./provider.ts";
import { DockerSecret } from "./secret.ts";
import { DockerService } from "./service.ts";
import { type DockerSettings, dockerSettings } from "./settings.ts";
import { DockerTask } from "./task.ts";
import { DockerVolume } from "./volume.ts";
import { EngineWaits, type Waits } from "./waits.ts";

/** Word for this target in messages. */
const TARGET = "Docker";

/**
 * What a stack meets when it is deployed.
 * @internal
 */
export interface Host {
  readonly engine: Engine;
  /** What is on the engine now. */
  readonly view: EngineView;
  readonly isFree: PortCheck;
  readonly waits: Waits;
}

/** One Docker engine. */
export class DockerPlatform extends pulumi.ComponentResource implements w.Platform {
  readonly target = TARGET;
  private readonly context: DockerContext;
  private readonly engine: Engine;
  private carrier: DockerImage | undefined;
  private readonly names = new w.NamesInUse();

  /**
   * A platform that knows what is on the engine.
   *
   * @throws pulumi.RunError when no engine answers; Refusal for wrong settings.
   */
  static async connect(settings: DockerSettings = {}, opts?: pulumi.ComponentResourceOptions): Promise<DockerPlatform> {
    w.leanErrors();
    const engine = new Engine();
    return new DockerPlatform(settings, { engine, view: await engine.look(), isFree: isFreeHere, waits: new EngineWaits(engine) }, opts);
  }

  /**
   * A platform on the given host, for tests; programs call `connect`.
   * @internal
   */
  static on(host: Host, settings: DockerSettings = {}): DockerPlatform {
    return new DockerPlatform(settings, host);
  }

  private constructor(given: DockerSettings, { engine, view, isFree, waits }: Host, opts: pulumi.ComponentResourceOptions = {}) {
    const settings = w.parse({ kind: "platform", name: "docker" }, dockerSettings, given);
    const admission = new w.Admission(TARGET);
    super("mlstack:docker:Platform", "platform", {}, pulumi.mergeOptions(opts, { dependsOn: admission.gate }));
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const prefix = settings.prefix ?? `${pulumi.getProject()}-${pulumi.getStack()}`;
    const networkName = settings.network.name ?? `${prefix}-network`;
    const hooks = hooksFor(engine, stack);

    admission.require(networkTaken(networkName, settings.network.subnet, view, stack));
    const labels = labelList({ [STACK_LABEL]: stack });
    this.engine = engine;
    this.context = {
      token: "docker",
      prefix,
      stack,
      network: new docker.Network(
        networkName,
        { name: networkName, ...networkArgs(settings.network.subnet, labels) },
        { parent: this, deleteBeforeReplace: true, hooks: { beforeCreate: [hooks.clearLeftoverNetwork] } },
      ),
      view,
      devices: new DeviceLedger(view),
      ports: new PortLedger(view, stack, isFree),
      addresses: new AddressLedger(settings.network.subnet, admission),
      production: settings.production,
      admission,
      hooks,
      waits,
      builds: new w.ImageBuilds(),
      carrier: () => this.carrierImage(),
    };
    this.registerOutputs({});
  }

  image(name: string, spec: w.ImageSpec, opts: w.ChildOptions): w.Image {
    return this.context.admission.guard(() => new DockerImage(this.context, this.engine, name, spec, opts));
  }

  volume(name: string, spec: w.VolumeSpec, opts: w.ChildOptions): w.Volume {
    return this.context.admission.guard(() => new DockerVolume(this.context, this.names.take("volume", name), spec, opts));
  }

  secret(name: string, spec: w.SecretSpec, opts: w.ChildOptions): w.Secret {
    return this.context.admission.guard(() => new DockerSecret(this.context, this.names.take("secret", name), spec, opts));
  }

  configFiles(name: string, spec: w.ConfigFilesSpec, opts: w.ChildOptions): w.ConfigFiles {
    return this.context.admission.guard(() => new DockerConfigFiles(this.context, this.names.take("configFiles", name), spec, opts));
  }

  service(name: string, spec: w.ServiceSpec, opts: w.ChildOptions): w.Service {
    return this.context.admission.guard(() => new DockerService(this.context, this.names.take("workload", name), spec, opts));
  }

  job(name: string, spec: w.JobSpec, opts: w.ChildOptions): w.Job {
    return this.context.admission.guard(() => new DockerJob(this.context, this.names.take("workload", name), spec, opts));
  }

  gang(name: string, spec: w.GangSpec, opts: w.ChildOptions): w.Gang {
    return this.context.admission.guard(() => new DockerGang(this.context, this.names.take("workload", name), spec, opts));
  }

  task(name: string, spec: w.TaskSpec, opts: w.ChildOptions): w.Task {
    return this.context.admission.guard(() => new DockerTask(this.context, this.names.take("workload", name), spec, opts));
  }

  admitted(): Promise<void> {
    return this.context.admission.admitted();
  }

  abandon(error: Error): void {
    this.context.admission.abandon(error);
  }

  private carrierImage(): pulumi.Output<string> {
    const folder = fileURLToPath(new URL("carrier", import.meta.url));
    this.carrier ??= new DockerImage(this.context, this.engine, "carrier", { build: { context: folder } }, { parent: this });
    return this.carrier.reference;
  }
}
