import { z } from "zod";

import * as w from "../workload/adapter/index.ts";
import { accelerators } from "./accelerator.ts";

/** Settings of a stack in one namespace of a Kubernetes cluster. */
export type KubernetesSettings = z.input<typeof kubernetesSettings>;
/** The same with every default filled in. */
export type CompleteSettings = z.output<typeof kubernetesSettings>;

const namespace = w.strict({
  name: w.dnsLabel.optional().describe("Name of the namespace; default: <project>-<stack>."),
  join: z.boolean().default(false).describe("Use a namespace that exists already, and that stays when the stack is destroyed."),
  keep: w.protects(
    z
      .boolean()
      .default(false)
      .describe("Keep the namespace when the stack is destroyed; needed where a volume is kept, which would be deleted with it."),
    "keeping the namespace",
  ),
});

const storageClass = z.string().min(1).optional();

/** Where built images go. */
export const registry = w.strict({
  address: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/, {
      error: ({ input }) => `must be host[:port][/path] without https://, got ${w.quoted(input)}`,
    })
    .describe("Where images that the stack builds are pushed to and pulled from: host[:port][/path]."),
  username: z.string().min(1).optional().describe("User who pushes and pulls; default: without a login."),
  password: w.secretText().optional().describe("Their password."),
});

/** How requests from outside the cluster reach what is published. */
const expose = z.discriminatedUnion(
  "kind",
  [
    w.strict({
      kind: z.literal("node-port"),
      address: z.string().min(1).optional().describe("Name or address by which a node is reached; default: the first node's."),
      ports: z
        .string()
        .regex(/^\d{1,5}-\d{1,5}$/, { error: ({ input }) => `must be first-last, for example "30000-32767", got ${w.quoted(input)}` })
        .default("30000-32767")
        .describe("Ports that the nodes can open, as the API server is started with (--service-node-port-range)."),
    }),
    w.strict({
      kind: z.literal("load-balancer"),
      annotations: z.record(z.string(), z.string()).default({}).describe("Annotations that the cloud's load balancer reads."),
    }),
    w.strict({ kind: z.literal("none") }),
  ],
  { error: "must be { kind: node-port }, { kind: load-balancer } or { kind: none }" },
);

/** What decides when the members of a gang start. Each only adds fields to the plain Indexed Job. */
const scheduling = z.discriminatedUnion(
  "kind",
  [
    w.strict({ kind: z.literal("default") }),
    w.strict({ kind: z.literal("kueue"), queue: w.dnsLabel.describe("LocalQueue of the namespace.") }),
    w.strict({ kind: z.literal("native") }),
  ],
  { error: "must be { kind: default }, { kind: kueue, queue } or { kind: native }" },
);

/** A Prometheus that the cluster has already. */
const prometheus = w.strict({
  labels: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe("Labels by which its operator selects what it reads, such as { release: kube-prometheus-stack }."),
  namespace: w.dnsLabel.describe("Namespace that it runs in: it is let in to the metrics of the stack."),
});

export const kubernetesSettings = w.strict({
  production: w.protects(
    z.boolean().default(false).describe("Whether customers rely on the stack: then no service may have a debug port."),
    "the rules of production",
  ),
  context: z.string().min(1).optional().describe("Context of the kubeconfig; default: its current one."),
  namespace: namespace.prefault({}).describe("The namespace that holds the whole stack."),
  storageClasses: w
    .strict({
      oneNode: storageClass.describe("Class of volumes that one node mounts; default: the cluster's default class."),
      manyNodes: storageClass.describe("Class of volumes that several nodes mount (ReadWriteMany); default: the cluster's default class."),
    })
    .prefault({})
    .describe("Where volumes come from."),
  registry: registry.optional().describe("Registry of the images that the stack builds."),
  pullSecrets: z.array(w.dnsLabel).default([]).describe("Secrets of the namespace that images are pulled with."),
  pinnedImages: w.protects(
    z
      .boolean()
      .default(true)
      .describe("Whether given images must be named by digest (name@sha256:…), so that a moved tag changes nothing."),
    "images pinned by digest",
  ),
  disruptionBudget: w
    .strict({
      maxUnavailable: w.protects(
        z.int().min(1).default(1).describe("Replicas of a service that maintenance may stop at once."),
        "replicas that stay during maintenance",
        w.isMore,
      ),
    })
    .prefault({})
    .describe("What maintenance of nodes may do to services of two replicas or more."),
  expose: expose.prefault({ kind: "node-port" }).describe("How requests from outside reach what is published."),
  clusterDomain: z.string().min(1).default("cluster.local").describe("What the cluster's own host names end in."),
  accelerators: accelerators.prefault({}).describe("How the nodes say which devices they have."),
  prometheus: prometheus
    .optional()
    .describe(
      "The cluster's own Prometheus, of prometheus-operator: `npm run render` writes what it reads, and Grafana's dashboards, and `doctor` says whether it would read them. Default: none.",
    ),
  scheduling: scheduling.default({ kind: "default" }).describe("What decides when a gang starts: the scheduler, Kueue, or native gangs."),
});
