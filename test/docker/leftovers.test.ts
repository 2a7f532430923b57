import { expect, test } from "vitest";

import { removeDockerLeftovers } from "../../components/docker/leftovers.ts";

const OWNER = "an-id";

/** An engine that has these, and notes what is asked of it. */
function engine(containers: readonly object[], networks: readonly object[]) {
  const asked: string[] = [];
  return {
    asked,
    get: async <T>(path: string, query: object = {}): Promise<T> => {
      asked.push(`GET ${path} ${JSON.stringify(query)}`);
      return JSON.parse(JSON.stringify(path === "/networks" ? networks : containers));
    },
    end: async (path: string, method = "POST") => {
      asked.push(`${method} ${path}`);
    },
  };
}

test("what the state does not know is stopped, each with its grace, and removed", async () => {
  const api = engine(
    [
      { Id: "c1", Names: ["/acme-api-0"] },
      { Id: "c2", Names: ["/acme-api-1"], Labels: {} },
    ],
    [{ Id: "n1", Name: "acme-network" }],
  );
  expect(await removeDockerLeftovers(OWNER, new Set(["c1"]), api)).toEqual(['container "acme-api-1"', 'network "acme-network"']);
  expect(api.asked).toEqual([
    `GET /containers/json {"all":true,"filters":"{\\"label\\":[\\"dev.mlstack.owner=${OWNER}\\"]}"}`,
    "POST /containers/c2/stop",
    "DELETE /containers/c2",
    `GET /networks {"filters":"{\\"label\\":[\\"dev.mlstack.owner=${OWNER}\\"]}"}`,
    "DELETE /networks/n1",
  ]);
});

test("runs of tasks, which no state knows, and all that it knows stay", async () => {
  const api = engine([{ Id: "c1", Names: ["/run"], Labels: { "dev.mlstack.command": "x" } }], [{ Id: "n1", Name: "acme-network" }]);
  expect(await removeDockerLeftovers(OWNER, new Set(["n1"]), api)).toEqual([]);
  expect(api.asked.filter((one) => !one.startsWith("GET"))).toEqual([]);
});
