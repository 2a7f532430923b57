import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

/** What the SDK keeps to itself: waiting for outstanding registrations, and the engine that mocks stand in for. */
const settings: { waitForRPCs(): Promise<void>; getMonitor(): { registerResourceHook?: HookRegistration } } = createRequire(
  import.meta.url,
)("@pulumi/pulumi/runtime/settings.js");

type HookRegistration = (request: unknown, done: (error: null, answer: object) => void) => void;

/** One resource that a program registered with the mocked engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** A Pulumi engine that only remembers what is registered. */
export class MockEngine {
  readonly resources: Registered[] = [];

  /** Takes the place of the engine for this test file. In a preview, ids are unknown. */
  static async start(preview = false): Promise<MockEngine> {
    const engine = new MockEngine();
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          engine.resources.push({ type, name, inputs });
          const id = `${name}-id`;
          return { id, state: { ...inputs, ...(type === "pulumi:index:Stash" ? { output: inputs.input } : {}) } };
        },
        call: ({ inputs }) => inputs,
      },
      "shop",
      "test",
      preview,
    );
    // Mocks know no hooks; they are tried on the real engine.
    settings.getMonitor().registerResourceHook = (_, done) => done(null, {});
    return engine;
  }

  /** Runs `program` and waits until everything it registered is registered. */
  async run<T>(program: () => T): Promise<T> {
    this.resources.length = 0;
    const result = program();
    // What the adapters register waits for their checks, which begin once the program has declared all.
    await new Promise((resolve) => setImmediate(resolve));
    await settings.waitForRPCs();
    return result;
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
}
