import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

import { expectFailure } from "./expected-failures.ts";

/** What the SDK keeps to itself: waiting for outstanding registrations, and the engine that mocks stand in for. */
const settings: { waitForRPCs(): Promise<void>; getMonitor(): Monitor } = createRequire(import.meta.url)(
  "@pulumi/pulumi/runtime/settings.js",
);

interface Monitor {
  registerResourceHook?: (request: unknown, done: (error: null, answer: object) => void) => void;
  registerErrorHook?: (request: unknown, done: (error: null, answer: object) => void) => void;
  registerResource: (request: Registration, done: unknown) => Promise<void>;
}

/** The request as the SDK's protocol has it. */
interface Registration {
  getType(): string;
  getName(): string;
  getDependenciesList(): string[];
  getReplaceonchangesList(): string[];
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getDeletebeforereplace(): boolean;
  getRetainondelete(): boolean;
  getHooks(): { getOnErrorList(): string[] } | undefined;
  getAliasesList(): { getSpec(): { getName(): string } | undefined; getUrn(): string }[];
}

/** One resource that a program registered with the mocked engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** What the engine receives of a resource besides its inputs. */
export interface Options {
  /** `type name` of what must be there before it. */
  readonly after: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly secretOutputs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly retainOnDelete: boolean;
  /** Names of the hooks that are called when it fails. */
  readonly onError: readonly string[];
  /** Names that it had before. */
  readonly aliases: readonly string[];
}

/** A Pulumi engine that only remembers what is registered. */
export class MockEngine {
  readonly resources: Registered[] = [];
  private readonly known = new Map<string, Options>();

  /** Takes the place of the engine for this test file. In a preview, ids are unknown. */
  static async start(preview = false): Promise<MockEngine> {
    const engine = new MockEngine();
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          engine.resources.push({ type, name, inputs });
          const id = `${name}-id`;
          return { id, state: { ...inputs, ...madeUp(type, name, inputs) } };
        },
        // The state of a stack that has never been deployed.
        call: ({ token, inputs }) => (token === "pulumi:pulumi:readStackResourceOutputs" ? { outputs: {} } : inputs),
      },
      "shop",
      "test",
      preview,
      "organization",
    );
    // Mocks know no hooks; they are tried on the real engine.
    const monitor = settings.getMonitor();
    monitor.registerResourceHook = (_, done) => done(null, {});
    monitor.registerErrorHook = (_, done) => done(null, {});
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, done) => {
      engine.known.set(`${request.getType()} ${request.getName()}`, optionsIn(request));
      return register(request, done);
    };
    return engine;
  }

  /** Runs `program` and waits until everything it registered is registered. Its failure is the caller's to look at. */
  async run<T>(program: () => T): Promise<Awaited<T>> {
    this.resources.length = 0;
    this.known.clear();
    try {
      return await program();
    } catch (error) {
      expectFailure(error);
      throw error;
    } finally {
      // What the adapters register waits for their checks, which begin once the program has declared all, or has failed.
      await new Promise((resolve) => setImmediate(resolve));
      await settings.waitForRPCs();
    }
  }

  /** `type name` of all that was registered, components too. */
  get registrations(): string[] {
    return [...this.known.keys()];
  }

  /** Everything of one type, by name. */
  of(type: string): Map<string, Record<string, unknown>> {
    return new Map(this.resources.filter((one) => one.type === type).map(({ name, inputs }) => [name, inputs]));
  }

  /** The inputs of one resource. */
  inputs(type: string, name: string): Record<string, unknown> {
    const found = this.of(type).get(name);
    if (found === undefined) throw new Error(`no ${type} "${name}" among ${this.resources.map((one) => one.name).join(", ")}`);
    return found;
  }

  /** What the engine received of one resource besides its inputs. */
  options(type: string, name: string): Options {
    const found = this.known.get(`${type} ${name}`);
    if (found === undefined) throw new Error(`no ${type} "${name}" among ${[...this.known.keys()].join(", ")}`);
    return found;
  }
}

interface Inputs {
  readonly input?: unknown;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly type?: string; readonly ports?: readonly object[] };
}

/** Outputs that are not the inputs: what a stash keeps, a registry's digest, names and addresses that Kubernetes makes up. */
function madeUp(type: string, name: string, { input, metadata, spec }: Inputs): object {
  if (type === "pulumi:index:Stash") return { output: input };
  if (type === "docker:index/registryImage:RegistryImage") return { sha256Digest: `sha256:${"a".repeat(64)}` };
  if (!type.startsWith("kubernetes:")) return {};
  return {
    ...(metadata !== undefined && metadata.name === undefined ? { metadata: { ...metadata, name: `${name}-0a1b2c3d` } } : {}),
    ...(spec?.type === "NodePort" ? { spec: { ...spec, ports: spec.ports?.map((one) => ({ nodePort: 31999, ...one })) } } : {}),
    ...(spec?.type === "LoadBalancer" ? { status: { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } } } : {}),
  };
}

function optionsIn(request: Registration): Options {
  return {
    after: request.getDependenciesList().map((urn) => {
      const [, , types = "", name = ""] = urn.replace("urn:pulumi:", "").split("::");
      return `${types.split("$").at(-1)} ${name}`;
    }),
    replaceOnChanges: request.getReplaceonchangesList(),
    ignoreChanges: request.getIgnorechangesList(),
    secretOutputs: request.getAdditionalsecretoutputsList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.getRetainondelete(),
    onError: request.getHooks()?.getOnErrorList() ?? [],
    aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? alias.getUrn()),
  };
}
