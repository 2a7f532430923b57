import { z } from "zod";

import { containerSpec } from "./container.ts";
import { after } from "./order.ts";
import { placement } from "./placement.ts";
import { probe } from "./probe.ts";
import { port, strict } from "./schema.ts";
import { duration } from "./units.ts";

/** Interchangeable replicas behind one name. */
export type ServiceSpec = z.input<typeof serviceSpec>;
/** A service with every default filled in. */
export type CompleteService = z.output<typeof serviceSpec>;

/** A door to the outside. */
export const publication = strict({
  /** Port on the host. */
  port: port.describe("Port on the host."),
  /** Host address that accepts connections; 127.0.0.1 keeps it on this machine, 0.0.0.0 opens it to the network. */
  address: z.ipv4().default("127.0.0.1").describe("Host address; 127.0.0.1 keeps it on this machine."),
});

export const serviceSpec = strict({
  container: containerSpec,
  /** Port on which every replica listens. */
  port,
  /** Copies that run side by side. To run none, leave the service out. */
  replicas: z.int().min(1).max(64).default(1),
  /** When a replica may receive traffic. */
  readiness: probe,
  /** Time a deployment waits for a new replica to become ready before it fails. */
  startBudget: duration.default("2m"),
  /** Reachable from outside the platform; default: from inside only. */
  publish: publication.optional(),
  placement: placement.prefault({}),
  /** Started only after these are there. */
  after,
});
