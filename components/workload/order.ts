import { z } from "zod";

import { isHandle, type Workload } from "./handles.ts";

/** Workloads that must be ready, have succeeded or have started before this one starts; default: none. */
export const after = z
  .array(z.custom<Workload>(isHandle("service", "job", "gang"), "must be a service, job or gang of the platform"))
  .default([]);
