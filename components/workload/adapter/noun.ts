import * as pulumi from "@pulumi/pulumi";

import type { ChildOptions } from "../platform.ts";
import type { Admission } from "./admission.ts";

/** What every noun of one target has in common. */
export interface NounContext {
  /** Middle part of the type token, e.g. `docker` in `mlstack:docker:Service`. A token is identity: it never changes. */
  readonly token: string;
  readonly admission: Admission;
  /** What the engine calls for each noun. Default: nothing. */
  readonly nounHooks?: pulumi.ResourceHookBinding;
}

/**
 * A handle of the port as a component resource: the parent of what its target registers for it. It is itself registered,
 * and with it everything below it, only when the whole program is admitted.
 */
export abstract class Noun<Kind extends string> extends pulumi.ComponentResource {
  readonly kind: Kind;
  readonly name: string;
  /** As messages name it, e.g. `service "api"`. */
  readonly title: string;
  /** Its type token and its name, as its URN ends. */
  readonly leaf: string;
  /** What other resources depend on: itself. */
  readonly resource: pulumi.Resource;

  /** @param kind of the handle, e.g. `configFiles`; its capitalised form ends the type token */
  constructor({ token, admission, nounHooks: hooks }: NounContext, kind: Kind, name: string, { parent, aliases = [] }: ChildOptions) {
    const type = `mlstack:${token}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    super(type, name, {}, { parent, aliases, dependsOn: admission.gate, ...(hooks === undefined ? {} : { hooks }) });
    this.kind = kind;
    this.name = name;
    this.title = `${kind} "${name}"`;
    this.leaf = `${type}::${name}`;
    this.resource = this;
  }
}
