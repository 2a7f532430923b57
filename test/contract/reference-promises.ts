import { expect, test } from "vitest";

import { listen, READY, ready, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/**
 * The promises of what a service depends on, and of where others reach it.
 *
 * @param good deploys what is requested, which has to succeed
 */
export function referencePromises({ target, good }: Contract): void {
  test("a changed input renews every replica; the same inputs leave them alone", async () => {
    const ask = (inputs?: Record<string, string>) => service(shell(READY), { replicas: 2, ...(inputs === undefined ? {} : { inputs }) });
    await good(ask());
    await good(ask({}), "--expect-no-changes");
    let runs = await target().runs("web");
    for (const data of ["1", "2"]) {
      await good(ask({ data }));
      const renewed = await target().runs("web");
      expect(renewed).toHaveLength(2);
      expect(renewed.filter((run) => runs.includes(run))).toEqual([]);
      await good(ask({ data }), "--expect-no-changes");
      runs = renewed;
    }
  });

  test("a further port of a service, and one of a gang's members, is reached by who says so", async () => {
    const env = { WEB: { replicas: "web" }, RING: { gang: "ring" } };
    const calls = [
      { to: "web", port: 9090 },
      { to: "ring", port: 9400 },
    ];
    const send = `while :; do for at in "$WEB/9090" "$RING/9400"; do echo "from writer" >"/dev/tcp/$at"; done 2>/dev/null; sleep 0.5; done`;
    const gang = (script: string, changes = {}) => ({ container: shell(script, changes), size: 1, rendezvousPort: 8080 });
    // The program is given them in the order of their names.
    await good({
      ...service(shell(`(${listen(9090)}) & ${READY}`)),
      gangs: { ring: gang(listen(9400)), writer: gang(send, { env, calls }) },
    });
    for (const called of ["web", "ring"]) await expect.poll(() => target().log(called)).toContain("heard: from writer");
  });

  test("the host, endpoint and URL of a service reach it", async () => {
    const where = (from: string, more = {}) => ({ from, service: "web", ...more });
    const env = {
      HOST: where("service-address"),
      ENDPOINT: where("service-endpoint"),
      URL: where("service-url", { scheme: "http", path: "/api" }),
    };
    // Again and again: a replica that the deployment before it has renewed still hears for some seconds.
    const script = `(while :; do echo "$HOST $ENDPOINT $URL" >"/dev/tcp/\${ENDPOINT%:*}/\${ENDPOINT#*:}"; sleep 1; done) & ${READY}`;
    const worker = { container: shell(script, { env }), port: 8080, readiness: ready(), after: ["web"] };
    await good({ services: { ...service().services, worker } });
    await expect.poll(() => target().log("web")).toMatch(/heard: (\S+) \1:8080 http:\/\/\1:8080\/api\n/);
  });
}
