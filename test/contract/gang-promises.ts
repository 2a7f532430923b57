import { expect, test } from "vitest";

import { until } from "../support/stack.ts";
import { listen, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

const ENV = { INDEX: { from: "member-index" }, LEADER: { from: "leader-address" } };

/** The promises of a gang. */
export function gangPromises({ target, up, good }: Contract): void {
  const gang = (script: string, changes = {}) => ({
    gangs: { ring: { container: shell(script, { env: ENV }), size: 3, rendezvousPort: 8080, ...changes } },
  });

  test("resolves when all members have started; each knows its index and finds the first", async () => {
    const meet = `if [ "$INDEX" = 0 ]; then ${listen()}; fi; until echo "member $INDEX" >"/dev/tcp/$LEADER/8080"; do sleep 0.1; done 2>/dev/null; echo met; exec sleep 600`;
    await good(gang(meet));
    expect(await target().runs("ring")).toHaveLength(3);
    await expect.poll(() => target().log("ring", 0)).toMatch(/member 1.*member 2|member 2.*member 1/s);
  });

  test("that has ended well is left alone", async () => {
    await good(gang("echo ended"));
    const before = await target().runs("ring");
    await until("it has ended", async () => (await target().log("ring", 0)).includes("ended"));
    // An engine may take a moment to note the end; a refresh in that moment makes the next deployment look once more.
    await until("a refresh and a deployment find nothing to do", async () => {
      const { code } = await target().stack.pulumi(["refresh", "--yes", "--skip-preview"]);
      return code === 0 && (await up(gang("echo ended"), "--expect-no-changes")).code === 0;
    });
    expect(await target().runs("ring")).toEqual(before);
  });

  test("is created again when its number of members or an input changes", async () => {
    await good(gang("exec sleep 600"));
    await good(gang("exec sleep 600", { size: 2, inputs: { data: "1" } }));
    const before = await target().runs("ring");
    expect(before).toHaveLength(2);
    await good(gang("exec sleep 600", { size: 2, inputs: { data: "2" } }));
    expect((await target().runs("ring")).filter((run) => !before.includes(run))).toHaveLength(2);
  });
}
