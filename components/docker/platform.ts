import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { DockerConfigFiles } from "./config-files.ts";
import type { DockerContext } from "./context.ts";
import { DeviceLedger } from "./devices.ts";
import { Engine } from "./engine.ts";
import { EMPTY_ENGINE, type EngineView } from "./engine-view.ts";
import { DockerGang } from "./gang.ts";
import { hooksFor } from "./hooks.ts";
import { DockerImage } from "./image.ts";
import { DockerJob } from "./job.ts";
import { LogRoute } from "./logs.ts";
import { NameLedger } from "./names.ts";
import { AddressLedger, networkTaken, newNetwork } from "./network.ts";
import { Ownership, withOwner } from "./owner.ts";
import { isFreeHere, type PortCheck, PortLedger } from "./ports.ts";
import { EMPTY_RECORD, fileVolumesOf, OWNER, PLATFORM, placesOf, recordIn, type StackRecord } from "./record.ts";
import { type Route, routesHere, subnetRouted } from "./routes.ts";
import { DockerSecret } from "./secret.ts";
import { DockerService } from "./service.ts";
import { type DockerSettings, dockerSettings } from "./settings.ts";
import { DockerTask } from "./task.ts";
import { DockerVolume } from "./volume.ts";
import { EngineWaits, NO_WAITS, type Waits } from "./waits.ts";

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
  /** What the stack's state has on it since the last deployment. */
  readonly record: StackRecord;
  readonly ownership: Ownership;
  readonly isFree: PortCheck;
  readonly waits: Waits;
  readonly routes: readonly Route[];
  /** Whether secrets are marked, for a rendering. */
  readonly marksSecrets?: boolean;
}

/** An engine that is asked for nothing, and has whatever image is named. */
class EveryImage extends Engine {
  override async hasImage(): Promise<boolean> {
    return true;
  }
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
    const [view, state] = await Promise.all([engine.look(), w.ownState()]);
    const record = recordIn(state);
    const [details, files] = await Promise.all([
      engine.details(record.containers.map(({ id }) => id)),
      engine.files(
        fileVolumesOf(record).map(({ name }) => name),
        view,
      ),
    ]);
    const ownership = new Ownership(stackName(), record, w.newId(stackName()));
    return new DockerPlatform(
      settings,
      {
        engine,
        view: withOwner({ ...view, details, files }, ownership),
        record,
        ownership,
        isFree: isFreeHere,
        waits: new EngineWaits(engine),
        routes: routesHere(),
      },
      opts,
    );
  }

  /** A platform without an engine: everything is free there, and nothing exists. For what only reads what would be registered. */
  static offline(settings: DockerSettings = {}): DockerPlatform {
    const record = EMPTY_RECORD;
    const ownership = new Ownership(stackName(), record, w.newId(stackName()));
    const nothing = { view: EMPTY_ENGINE, record, ownership, isFree: async () => true, waits: NO_WAITS, routes: [], marksSecrets: true };
    return new DockerPlatform(settings, { engine: new EveryImage(), ...nothing });
  }

  /**
   * A platform on the given host, for tests; programs call `connect`.
   * @internal
   */
  static on(host: Host, settings: DockerSettings = {}): DockerPlatform {
    return new DockerPlatform(settings, host);
  }

  private constructor(
    given: DockerSettings,
    { engine, view, record, ownership, isFree, waits, routes, marksSecrets = false }: Host,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    const settings = w.parse({ kind: "platform", name: "docker" }, dockerSettings, given);
    const admission = new w.Admission(TARGET);
    const prefix = settings.prefix ?? `${pulumi.getProject()}-${pulumi.getStack()}`;
    const nounHooks = w.refusesMoves(prefix, (leaf) => placesOf(record, leaf));
    super(PLATFORM, "platform", {}, pulumi.mergeOptions(opts, { dependsOn: admission.gate, hooks: nounHooks }));
    const stack = stackName();
    const networkName = settings.network.name ?? `${prefix}-network`;
    const memorySettings = new Map<string, string>();
    const hooks = hooksFor(engine, ownership, memorySettings);
    const names = new NameLedger(view, stack, admission);
    const addresses = { name: settings.network.name, subnet: settings.network.subnet };

    admission.require(networkTaken(addresses, view));
    admission.require(subnetRouted(settings.network.subnet, routes, view));
    if (settings.network.name === undefined) names.take("network", networkName);
    // In the state before anything that is labelled with it is made.
    const owner = new pulumi.Stash(OWNER, { input: ownership.id }, { parent: this, ignoreChanges: ["input"] }).output.apply(String);
    this.engine = engine;
    this.context = {
      token: "docker",
      nounHooks,
      prefix,
      stack,
      owner,
      record,
      names,
      networkName,
      network: newNetwork({ stack, owner, record, view, hooks }, this, networkName, settings.network),
      view,
      devices: new DeviceLedger(view),
      ports: new PortLedger(view, isFree),
      addresses: new AddressLedger(networkName, settings.network.subnet, admission, view),
      dns: settings.network.dns,
      logs: new LogRoute(stack, settings.logs, admission, record),
      production: settings.production,
      admission,
      marksSecrets,
      hooks,
      memorySettings,
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

  collectLogs(_name: string, { into }: w.LogsSpec): void {
    this.context.admission.guard(() => this.context.logs.collect(into));
  }

  admitted(): Promise<void> {
    return this.context.admission.admitted();
  }

  kept(): Promise<void> {
    return this.context.admission.kept();
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

function stackName(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}
