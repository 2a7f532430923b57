import { expect, test } from "vitest";

import type { Run } from "../support/stack.ts";
import { READY, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/**
 * The promises of what a platform refuses.
 *
 * @param up deploys what is requested
 */
export function admissionPromises({ target, up }: Contract): void {
  /** Nothing of the stack exists on the engine, and Pulumi was asked to create the stack alone. */
  const nothing = async ({ code, text, changes }: Run) => {
    expect(code, text).not.toBe(0);
    expect(await target().objects(), text).toEqual([]);
    expect(changes, text).toEqual({ created: 1, errored: 1 });
  };

  test("a mistake in one spec leaves nothing, not even what was declared before it", async () => {
    const { web } = service().services;
    const run = await up({ volumes: { data: { size: "1Gi" } }, services: { web, worse: { ...web, replicas: 0 } } });
    expect(run.text).toContain('service "worse": 1 invalid argument');
    expect(run.text).toContain("replicas: must be at least 1, got 0");
    await nothing(run);
  });

  test("all obstacles are reported at once, in a new stack before anything is created, and none is left when they are gone", async () => {
    const mounting = {
      ...service().services.web,
      container: shell(READY, { mounts: [{ hostFolder: "/nowhere/models", path: "/models" }] }),
    };
    const run = await up({ services: { one: mounting, two: mounting } });
    expect(run.text).toContain("2 obstacles; nothing was changed");
    for (const name of ["one", "two"]) expect(run.text).toContain(`"${name}": mounts[0].hostFolder: `);
    expect(run.text).not.toContain("unhandled");
    expect(run.text).not.toContain("error serializing property");
    await nothing(run);
    const { code, text } = await up(service());
    expect(code, text).toBe(0);
  });

  test("an obstacle leaves what runs as it is", async () => {
    expect((await up(service())).code).toBe(0);
    const before = await target().runs("web");
    const changed = shell(READY, { env: { A: "1" }, mounts: [{ hostFolder: "/nowhere/models", path: "/models" }] });
    const { code, text } = await up(service(changed));
    expect(code, text).not.toBe(0);
    expect(await target().runs("web")).toEqual(before);
  });
}
