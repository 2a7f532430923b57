import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Gate } from "../interrupted/gate.ts";
import { type Interrupted, killRuns } from "../interrupted/runs.ts";
import { kubernetesTarget } from "../support/kubernetes-target.ts";
import { freePort } from "../support/stack.ts";

// Another name than on Docker, where a stack removes what is called as it is.
killRuns(3, async (): Promise<Interrupted> => {
  const target = await kubernetesTarget("kills-k");
  const port = await freePort();
  const given = readFileSync(process.env["KUBECONFIG"] ?? "", "utf8");
  const [, host = "", far = ""] = /server: https:\/\/([\w.]+):(\d+)/.exec(given) ?? [];
  const kubeconfig = join(target.stack.home, "kubeconfig");
  writeFileSync(kubeconfig, given.replace(`https://${host}:${far}`, `https://127.0.0.1:${port}`), { mode: 0o600 });
  return {
    ...target,
    gate: new Gate(port, { host, port: Number(far) }),
    variables: { KUBECONFIG: kubeconfig },
    // Pods are their owner's.
    labelled: async () => (await target.objects()).filter((name) => !name.startsWith("Pod/")),
    recorded: (state) =>
      state.flatMap(({ type, outputs }) => {
        const metadata: { name?: string } = Object(outputs?.["metadata"]);
        return type.startsWith("kubernetes:") ? [`${String(outputs?.["kind"])}/${metadata.name}`] : [];
      }),
  };
});
