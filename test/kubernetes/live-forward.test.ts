import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { PortForward } from "@kubernetes/client-node/dist/portforward.js";
import { expect, test, vi } from "vitest";

import { forwardTo } from "../../components/kubernetes/live-forward.ts";

test("a client that leaves while its way to the pod is opened leaves none open, which would keep the command", async () => {
  const close = vi.fn();
  const opening = vi.spyOn(PortForward.prototype, "portForward").mockImplementation(async (_namespace, _pod, _ports, near) => {
    client.destroy();
    await once(near as Socket, "close");
    return { onclose: null, close } as unknown as Awaited<ReturnType<PortForward["portForward"]>>;
  });
  const forward = await forwardTo({ config: new KubeConfig() }, "shop", async () => "api-0", 8000, 0);
  const client = connect(forward.port, "127.0.0.1").on("error", () => {});
  await expect.poll(() => close.mock.calls.length).toBe(1);
  await forward.close();
  opening.mockRestore();
});
