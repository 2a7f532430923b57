import { hostname } from "node:os";

import type { RunOwner } from "../../components/workload/task-run.ts";
import { isStale } from "../setup/backend.ts";

/** This command, as `host:pid`. */
export const THIS_COMMAND: RunOwner = {
  id: `${hostname()}:${process.pid}`,
  hasEnded(id) {
    const [host = "", pid = ""] = id.split(":");
    return isStale({ hostname: host, pid: Number(pid) });
  },
};
