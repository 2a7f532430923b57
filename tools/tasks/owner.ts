import { hostname } from "node:os";

import type { RunOwner } from "../../components/workload/task-run.ts";
import { lives } from "../lib/pid-file.ts";

/** This command, as `host:pid`. Whether a command on another host has ended cannot be known here. */
export const THIS_COMMAND: RunOwner = {
  id: `${hostname()}:${process.pid}`,
  hasEnded(id) {
    const [host, pid] = id.split(":");
    return host === hostname() && !lives(Number(pid));
  },
};
