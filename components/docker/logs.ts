import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "../workload/adapter/index.ts";
import type { Instance } from "./container.ts";
import type { ContainerArguments } from "./effects.ts";
import type { StackRecord } from "./record.ts";

/** The most that the engine keeps of what one container writes. */
const [SIZE, FILES] = ["10m", "3"];
/** A line that finds no room is lost: a container never waits for those who read its log. */
const BUFFER = { mode: "non-blocking", "max-buffer-size": "4m" };

const syslog = z.string().regex(/^udp:\/\/[A-Za-z0-9.-]+:\d{1,5}$/, {
  error: ({ input }) =>
    `must be udp://host:port, such as "udp://10.2.0.7:514": by TCP no container would start while the collector is away, got ${w.quoted(input)}`,
});

/** Where the engine sends what containers write, besides keeping it. */
export const logSettings = w.strict({
  syslog: syslog
    .optional()
    .describe(
      "Collector of your own that gets each line as syslog (RFC 5424), by UDP: udp://host:port; the tag is STACK/PART/REPLICA. Default: none.",
    ),
});

/** How the engine keeps, and where it sends, what a container writes. */
type Logging = Required<Pick<ContainerArguments, "logDriver" | "logOpts">>;

/** Where the lines of one platform's containers go: known when the program has declared everything. */
export class LogRoute {
  private readonly stack: string;
  private readonly settings: z.output<typeof logSettings>;
  private readonly admission: w.Admission;
  private readonly record: StackRecord;
  private into: w.Service | undefined;

  constructor(stack: string, settings: z.output<typeof logSettings>, admission: w.Admission, record: StackRecord) {
    this.stack = stack;
    this.settings = settings;
    this.admission = admission;
    this.record = record;
  }

  /** From now on lines go to a service. The engine decides this when it makes a container. @throws Refusal where they go elsewhere */
  collect(into: w.Service): void {
    const owner = { kind: "service", name: into.name };
    const wrong = (path: string, message: string) => w.refuse(owner, [{ path, message }]);
    if (this.settings.syslog !== undefined)
      wrong("logs", "a container's lines go to one place: remove platform.logs.syslog, or set monitoring.logs.enabled to false");
    if (this.into !== undefined) wrong("logs", `are sent to "${this.into.name}" already`);
    if (into.url === undefined) wrong("localPort", "is required: the engine, which is no part of the stack's network, sends lines there");
    this.into = into;
    const others = this.record.containers.filter(({ logDriver }) => logDriver === "json-file").length;
    if (others > 1)
      void pulumi.log.info(
        `logs go to ${into.name} from now on: the engine knows where when it makes a container, so that each one that runs is made again, once`,
      );
  }

  /** The arguments of a container. */
  of(instance: Instance): Logging {
    const decided = this.admission.declared.then(() => this.decide(instance));
    return {
      logDriver: pulumi.output(decided.then(({ logDriver }) => logDriver)),
      logOpts: pulumi.output(decided.then(({ logOpts }) => logOpts)),
    };
  }

  private decide({ workload, hostname }: Instance): Logging {
    const { into } = this;
    const cache = { "cache-max-size": SIZE, "cache-max-file": FILES };
    if (this.settings.syslog !== undefined) {
      const tag = `${this.stack}/${workload}/${hostname}`;
      return {
        logDriver: "syslog",
        logOpts: { ...BUFFER, ...cache, "syslog-address": this.settings.syslog, "syslog-format": "rfc5424micro", tag },
      };
    }
    // What keeps the lines does not send its own to itself.
    if (into === undefined || into.url === undefined || workload === into.name)
      return { logDriver: "json-file", logOpts: { "max-size": SIZE, "max-file": FILES } };
    const where = { "splunk-source": hostname, "splunk-sourcetype": workload, "splunk-index": this.stack };
    const sent = { "splunk-url": into.url, "splunk-token": "none", "splunk-verify-connection": "false", tag: "" };
    return { logDriver: "splunk", logOpts: { ...BUFFER, ...cache, ...where, ...sent } };
  }
}
