import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { registryUrlOf } from "../workload/reference.ts";
import { Cluster } from "./cluster.ts";
import type { KubernetesContext } from "./context.ts";
import { KubernetesGang } from "./gang.ts";
import { KubernetesImage } from "./image.ts";
import { KubernetesJob } from "./job.ts";
import { labelsOf, stackLabel } from "./labels.ts";
import { loginMistakes, nameMistakes, namespaceTaken, pullSecret, restricted } from "./namespace.ts";
import { defaultDeny } from "./network-policy.ts";
import * as k8s from "./provider.ts";
import { KubernetesService } from "./service.ts";
import { type CompleteSettings, type KubernetesSettings, kubernetesSettings } from "./settings.ts";
import { KubernetesConfigFiles, KubernetesSecret, KubernetesVolume, nameOf } from "./storage.ts";
import { KubernetesTask } from "./task.ts";
import { type ClusterView, EMPTY_CLUSTER, isOurs, look } from "./view.ts";
import { NO_WAITS, type Waits, waitsIn } from "./waits.ts";

/** Word for this target in messages. */
const TARGET = "Kubernetes";

/** One namespace of a Kubernetes cluster. */
export class KubernetesPlatform extends pulumi.ComponentResource implements w.Platform {
  readonly target = TARGET;
  private readonly context: KubernetesContext;
  private builder: k8s.DockerProvider | undefined;
  private readonly names = new w.NamesInUse();

  /**
   * A platform that knows what stands in the namespace.
   *
   * @throws pulumi.RunError when no cluster answers; Refusal for wrong settings.
   */
  static async connect(settings: KubernetesSettings = {}, opts?: pulumi.ComponentResourceOptions): Promise<KubernetesPlatform> {
    w.leanErrors();
    const cluster = new Cluster(settings.context);
    const namespace = namespaceOf(settings);
    const { expose } = settings;
    const needsNode = expose === undefined || (expose.kind === "node-port" && expose.address === undefined);
    const view = await look(cluster, namespace, needsNode);
    return new KubernetesPlatform({ ...settings, context: cluster.context }, view, waitsIn(cluster, namespace, stackLabel()), opts);
  }

  /** A platform without a cluster: one that would take everything, and where nothing stands. For renderings and tests. */
  static offline(settings: KubernetesSettings = {}, view: Partial<ClusterView> = {}): KubernetesPlatform {
    const joined = settings.namespace?.join === true ? { metadata: { name: namespaceOf(settings) } } : undefined;
    return new KubernetesPlatform(settings, { ...EMPTY_CLUSTER, namespace: joined, ...view }, NO_WAITS);
  }

  private constructor(given: KubernetesSettings, view: ClusterView, waits: Waits, opts: pulumi.ComponentResourceOptions = {}) {
    const owner = { kind: "platform", name: "kubernetes" };
    const settings = w.parse(owner, kubernetesSettings, given);
    const stack = stackLabel();
    const namespaceName = namespaceOf(settings);
    const wrong = [...nameMistakes(namespaceName, stack), ...loginMistakes(settings)];
    if (wrong.length > 0) w.refuse(owner, wrong);
    const admission = new w.Admission(TARGET);
    super("mlstack:kubernetes:Platform", "platform", {}, pulumi.mergeOptions(opts, { dependsOn: admission.gate }));
    admission.require(namespaceTaken(namespaceName, settings.namespace.join, view, stack));

    const provider = new k8s.Provider(
      "kubernetes",
      {
        ...(settings.context === undefined ? {} : { context: settings.context }),
        // Another cluster is another provider, and the preview says that everything moves.
        clusterIdentifier: view.id,
        // Objects of others are refused beforehand; one of ours, left by a deployment that was killed, is taken up again.
        upsertExistingObjects: true,
      },
      { parent: this },
    );
    const inside = { parent: this, provider };
    // A namespace that the stack has made stays in its state when it is to be joined from now on: the engine would delete it.
    const foreign = settings.namespace.join && (view.namespace === undefined || !isOurs(view.namespace, stack));
    const namespace = foreign
      ? admission.once(namespaceName)
      : nameOf(
          new k8s.Namespace(
            namespaceName,
            { metadata: { name: admission.once(namespaceName), labels: { ...labelsOf(stack), ...restricted } } },
            { ...inside, retainOnDelete: settings.namespace.keep || settings.namespace.join },
          ),
        );
    // Another stack may have joined the same namespace: what is not a workload's bears the stack's name.
    const own = `${pulumi.getProject()}-${pulumi.getStack()}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const metadata = (name: string) => ({ name, namespace, labels: labelsOf(stack) });
    const login = pullSecret(settings, { namespace, labels: labelsOf(stack) }, inside);
    const pullSecrets = [...settings.pullSecrets, ...(login === undefined ? [] : [nameOf(login)])];
    const account = new k8s.ServiceAccount(
      "workloads",
      {
        metadata: metadata(`${own}-workloads`),
        automountServiceAccountToken: false,
        ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      },
      inside,
    );
    const closed = new k8s.NetworkPolicy("default-deny", { metadata: metadata(`${own}-default-deny`), spec: defaultDeny(stack) }, inside);

    this.context = {
      settings,
      stack,
      namespace,
      namespaceName,
      serviceAccount: nameOf(account),
      names: this.names,
      options: { provider, dependsOn: [closed] },
      view,
      admission,
      waits,
      builds: new w.ImageBuilds(),
      kept: new WeakMap(),
      registry: (used) => this.pushesTo(used),
      objects: new WeakMap(),
    };
    this.registerOutputs({});
  }

  /** The image provider wants every registry to be known to it, one without a login too. */
  private pushesTo({ address, username }: NonNullable<CompleteSettings["registry"]>): k8s.DockerProvider {
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

  admitted(): Promise<void> {
    return this.context.admission.admitted();
  }

  abandon(error: Error): void {
    this.context.admission.abandon(error);
  }
}

function namespaceOf({ namespace }: KubernetesSettings): string {
  return namespace?.name ?? `${pulumi.getProject()}-${pulumi.getStack()}`;
}
