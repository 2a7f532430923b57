import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { KubernetesObject } from "./noun.ts";
import { metadataOf, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";

/**
 * Plain files as a ConfigMap whose name follows from their content: a changed file is another map, which restarts the
 * workloads that mount it.
 */
export class KubernetesConfigFiles extends KubernetesObject<"configFiles"> implements w.ConfigFiles {
  readonly objectName: pulumi.Output<string>;
  /** The same name, which follows from the content. */
  readonly content: string;

  constructor(context: KubernetesContext, name: string, given: w.ConfigFilesSpec, opts: w.ChildOptions) {
    const { files, ...rest } = w.parse({ kind: "configFiles", name }, w.configFilesSpec, given);
    w.nothingLeft(rest);
    super(context, "configFiles", name, opts);

    this.content = w.childName(name, w.contentHash(files));
    const { content } = this;
    const object = new DeclaredObject(context, this, "ConfigMap", content);
    const inputs = object.inputs(metadataOf(context, content, name), { data: files, immutable: true });
    new k8s.ConfigMap(content, inputs, { ...optionsOf(context, this), ...object.options() });
    this.objectName = pulumi.output(content);
    this.registerOutputs({});
  }
}
