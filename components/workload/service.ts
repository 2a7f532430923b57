import { z } from "zod";

import { containerSpec } from "./container.ts";
import { after } from "./order.ts";
import { placement } from "./placement.ts";
import { probe, question } from "./probe.ts";
import { inputText, port, strict } from "./schema.ts";
import { duration, toMilliseconds } from "./units.ts";

/** Interchangeable replicas behind one name. */
export type ServiceSpec = z.input<typeof serviceSpec>;
/** A service with every default filled in. */
export type CompleteService = z.output<typeof serviceSpec>;

/** Most replicas of one service: as many as a gateway in front of it balances over. */
export const MOST_REPLICAS = 64;

/** Copies of a service that run side by side. */
export const replicas = z.int().min(1).max(MOST_REPLICAS);

/** Where a service is reached from outside the platform. */
export const publication = strict({
  /** Port on the host, or on every node of a cluster. */
  port: port.describe("Port on the host, or on every node of a cluster."),
  /** Whether another port will do where the platform cannot open this one: then it chooses, and the service's URL says which. */
  anyPort: z
    .boolean()
    .default(false)
    .describe("Whether another port will do where this one cannot be opened, as on the nodes of a cluster; the outputs say which."),
  /** Host address that accepts connections; 127.0.0.1 keeps it on this machine, 0.0.0.0 opens it to the network. */
  address: z.ipv4().default("127.0.0.1").describe("Host address; 127.0.0.1 keeps it on this machine."),
});

/** The same as a setting of a component that publishes by itself: without a port it is `usual`, or any where that cannot be opened. */
export function publicationAt(usual: number) {
  return publication
    .extend({
      port: port
        .optional()
        .describe(`Port on the host, or on every node of a cluster; default: ${usual}, or any where nodes cannot open it.`),
    })
    .transform(({ port: given, anyPort, ...rest }) => ({ ...rest, port: given ?? usual, anyPort: anyPort || given === undefined }))
    .prefault({});
}

/**
 * Where a debugger on the developer's machine connects; other machines cannot. The debugger must listen on every address of
 * the container (0.0.0.0). Refused on a platform marked production, because a debugger can run any code.
 */
export const debug = strict({
  /** Port on which the debugger listens in the container. */
  port: port.describe("Port on which the debugger listens in the container."),
  /** Port of the developer's machine that leads to it. Default: the same. */
  hostPort: port.optional().describe("Port of the developer's machine that leads to it; default: the same."),
});

const shape = strict({
  container: containerSpec,
  /** Port on which every replica listens. */
  port,
  /** Copies that run side by side. To run none, leave out the service. */
  replicas: replicas.default(1),
  /**
   * What the service depends on besides its image, command and environment, e.g. the version of its data: a changed input
   * renews the replicas in turns. The containers do not see it. Default: nothing.
   */
  inputs: z.record(z.string().min(1), inputText).default({}),
  /** When a replica may receive traffic. */
  readiness: probe,
  /**
   * What a replica answers while it does not hang, ready or not, such as a path that looks at no data: a restart ends a hang, and
   * brings no missing data back. It decides together with `restartAfter`. Default: what readiness asks.
   */
  alive: question.optional(),
  /**
   * Time after which a replica that has not once been alive in it is killed and started again, whatever it hangs in. It counts
   * from its start, so it must be longer than the startup grace. Default: never.
   */
  restartAfter: duration.optional(),
  /** Time a deployment waits for a new replica to become ready before it fails. */
  startBudget: duration.default("2m"),
  /** Reachable from outside the platform; default: from inside only. */
  publish: publication.optional(),
  /**
   * Port of the engine's machine that leads to it, for those who run the stack: no other machine reaches it. Where services run
   * on many machines none is opened, and `npm run open` forwards one. Default: none.
   */
  localPort: port.optional(),
  /** Where a debugger attaches; default: nowhere. */
  debug: debug.optional(),
  placement: placement.prefault({}),
  /** Workloads that must be ready, have succeeded or have started before the replicas start. */
  after,
});

export const serviceSpec = shape.superRefine(({ port: own, debug, alive, restartAfter, readiness }, context) => {
  const wrong = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (debug?.port === own) wrong(["debug", "port"], `must be another port than the service's own, got ${own}`);
  if (alive !== undefined && restartAfter === undefined) wrong(["alive"], "means nothing without restartAfter; add it, or leave alive out");
  const { startupGrace } = readiness;
  if (restartAfter !== undefined && toMilliseconds(restartAfter) <= toMilliseconds(startupGrace))
    wrong(["restartAfter"], `must be longer than readiness.startupGrace (${startupGrace}), got "${restartAfter}"`);
});
