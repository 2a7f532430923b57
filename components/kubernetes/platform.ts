import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { registryUrlOf } from "../workload/reference.ts";
import { ClusterChecks, NO_CHECKS } from "./checks.ts";
import { Cluster } from "./cluster.ts";
import { readCluster } from "./cluster-view.ts";
import { KubernetesCollector } from "./collector.ts";
import { KubernetesConfigFiles } from "./config-files.ts";
import type { KubernetesContext } from "./context.ts";
import { type ClusterView, EMPTY_CLUSTER } from "./existing.ts";
import { foundationOf } from "./foundation.ts";
import { KubernetesGang } from "./gang.ts";
import { KubernetesImage } from "./image.ts";
import { KubernetesJob } from "./job.ts";
import { stackLabel } from "./labels.ts";
import { loginMistakes, nameMistakes, namespaceTaken } from "./namespace.ts";
import { OWNER_NAME, ownershipIn, PLATFORM, withOwner } from "./owner.ts";
import * as k8s from "./provider.ts";
import { KubernetesSecret } from "./secret.ts";
import { KubernetesService } from "./service.ts";
import { type CompleteSettings, type KubernetesSettings, kubernetesSettings } from "./settings.ts";
import { KubernetesTask } from "./task.ts";
import { Truth } from "./truth.ts";
import { KubernetesVolume } from "./volume.ts";
import { ClusterWaits, NO_WAITS } from "./waits.ts";
import { saysWhatStaysBehind, whereaboutsOf } from "./whereabouts.ts";

/** Word for this target in messages. */
const TARGET = "Kubernetes";
/** Name of the platform as the engine knows it. */
const NAME = "platform";

/** What a stack meets when it is deployed, besides what exists. */
interface Realm extends Pick<KubernetesContext, "waits" | "memorySettings" | "checks"> {
  /** Id of the state; undefined without a cluster. */
  readonly state: string | undefined;
}

/** One namespace of a Kubernetes cluster. */
export class KubernetesPlatform extends pulumi.ComponentResource implements w.Platform {
  readonly target = TARGET;
  readonly title = "platform";
  readonly leaf = `${PLATFORM}::${NAME}`;
  private readonly context: KubernetesContext;
  private builder: k8s.DockerProvider | undefined;
  private readonly names = new w.NamesInUse();

  /**
   * A platform that knows what exists in the namespace.
   *
   * @throws pulumi.RunError when no cluster answers; Refusal for wrong settings.
   */
  static async connect(settings: KubernetesSettings = {}, opts?: pulumi.ComponentResourceOptions): Promise<KubernetesPlatform> {
    w.leanErrors();
    const cluster = new Cluster(settings.context);
    const namespace = namespaceOf(settings);
    const { expose } = settings;
    const needsNode = expose === undefined || (expose.kind === "node-port" && expose.address === undefined);
    const [seen, state] = await Promise.all([readCluster(cluster, namespace, needsNode, pulumi.runtime.isDryRun()), w.ownState()]);
    const owner = ownershipIn(state, w.newId(stackLabel()));
    const view = withOwner(seen, owner, stackLabel());
    const memorySettings = new Map<string, string>();
    const waits = new ClusterWaits(cluster, namespace, stackLabel(), memorySettings);
    const checks = new ClusterChecks(cluster, namespace, view, settings.registry);
    return new KubernetesPlatform(
      { ...settings, context: cluster.context },
      view,
      { waits, memorySettings, checks, state: owner.id },
      opts,
    );
  }

  /** A platform without a cluster: it would admit everything, and has no objects. For renderings. */
  static offline(settings?: KubernetesSettings): KubernetesPlatform;
  /**
   * The same for tests, which say what the cluster has.
   * @internal
   */
  static offline(settings?: KubernetesSettings, view?: Partial<ClusterView>): KubernetesPlatform;
  static offline(settings: KubernetesSettings = {}, view: Partial<ClusterView> = {}): KubernetesPlatform {
    const joined = settings.namespace?.join === true ? { metadata: { name: namespaceOf(settings) } } : undefined;
    return new KubernetesPlatform(
      settings,
      { ...EMPTY_CLUSTER, namespace: joined, ...view },
      { waits: NO_WAITS, memorySettings: new Map(), checks: NO_CHECKS, state: undefined },
    );
  }

  private constructor(
    given: KubernetesSettings,
    view: ClusterView,
    { waits, memorySettings, checks, state }: Realm,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    const owner = { kind: "platform", name: "kubernetes" };
    const settings = w.parse(owner, kubernetesSettings, given);
    const stack = stackLabel();
    const namespaceName = namespaceOf(settings);
    const wrong = [...nameMistakes(namespaceName, stack), ...loginMistakes(settings)];
    if (wrong.length > 0) w.refuse(owner, wrong);
    const admission = new w.Admission(TARGET);
    const truth = new Truth(view);
    const hooks = w.refusesMoves(namespaceName, (leaf) => truth.placesOf(leaf));
    const whereabouts = whereaboutsOf(view, namespaceName);
    super(
      PLATFORM,
      NAME,
      whereabouts,
      pulumi.mergeOptions(opts, { dependsOn: admission.gate, hooks: { ...hooks, ...saysWhatStaysBehind(truth, view, namespaceName) } }),
    );
    admission.require(namespaceTaken(namespaceName, settings.namespace.join, view, stack));
    void admission.declared.then(() => truth.sayWhatIsGone());

    const ground = { stack, namespaceName, view, admission, truth, state };
    // In the state before anything that is marked with it is made.
    if (state !== undefined) new pulumi.Stash(OWNER_NAME, { input: state }, { parent: this, ignoreChanges: ["input"] });
    this.context = {
      ...ground,
      token: "kubernetes",
      settings,
      nounHooks: hooks,
      ...foundationOf(this, settings, ground, whereabouts.made),
      names: this.names,
      waits,
      memorySettings,
      checks,
      builds: new w.ImageBuilds(),
      registry: (used) => this.imageBuilder(used),
    };
    this.registerOutputs({});
  }

  /** The provider that builds and pushes images; it has to know every registry, one without a login too. */
  private imageBuilder({ address, username }: NonNullable<CompleteSettings["registry"]>): k8s.DockerProvider {
    const registryAuth = [{ address: registryUrlOf(address), authDisabled: true }];
    this.builder ??= new k8s.DockerProvider("registry", username === undefined ? { registryAuth } : {}, { parent: this });
    return this.builder;
  }

  image(name: string, spec: w.ImageSpec, opts: w.ChildOptions): w.Image {
    return this.context.admission.guard(() => new KubernetesImage(this.context, name, spec, opts));
  }

  volume(name: string, spec: w.VolumeSpec, opts: w.ChildOptions): w.Volume {
    return this.context.admission.guard(() => new KubernetesVolume(this.context, this.names.take("volume", name), spec, opts));
  }

  secret(name: string, spec: w.SecretSpec, opts: w.ChildOptions): w.Secret {
    return this.context.admission.guard(() => new KubernetesSecret(this.context, this.names.take("secret", name), spec, opts));
  }

  configFiles(name: string, spec: w.ConfigFilesSpec, opts: w.ChildOptions): w.ConfigFiles {
    return this.context.admission.guard(() => new KubernetesConfigFiles(this.context, this.names.take("configFiles", name), spec, opts));
  }

  service(name: string, spec: w.ServiceSpec, opts: w.ChildOptions): w.Service {
    return this.context.admission.guard(() => new KubernetesService(this.context, this.names.take("workload", name), spec, opts));
  }

  job(name: string, spec: w.JobSpec, opts: w.ChildOptions): w.Job {
    return this.context.admission.guard(() => new KubernetesJob(this.context, this.names.take("workload", name), spec, opts));
  }

  gang(name: string, spec: w.GangSpec, opts: w.ChildOptions): w.Gang {
    return this.context.admission.guard(() => new KubernetesGang(this.context, this.names.take("workload", name), spec, opts));
  }

  task(name: string, spec: w.TaskSpec, opts: w.ChildOptions): w.Task {
    return this.context.admission.guard(() => new KubernetesTask(this.context, this.names.take("workload", name), spec, opts));
  }

  collectLogs(name: string, spec: w.LogsSpec, opts: w.ChildOptions): void {
    this.context.admission.guard(() => new KubernetesCollector(this.context, this.names.take("workload", name), spec, opts));
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
}

function namespaceOf({ namespace }: KubernetesSettings): string {
  return namespace?.name ?? `${pulumi.getProject()}-${pulumi.getStack()}`;
}
