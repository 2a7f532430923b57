import { sealed } from "../../tools/approval/seal.ts";
import type { Report } from "../../tools/report/schema.ts";

/** The key of a state's passphrase, in tests. */
export const KEY = "key-of-a-state";

const CONTAINER = "mlstack:docker:Service$docker:index/container:Container";

/** The report of a stack with a change, as the engine's preview gives it. */
export const SHOWN: Report = sealed(
  {
    version: 1,
    project: "shop",
    stack: "prod",
    target: "docker",
    source: "engine",
    changes: true,
    verdict: "shop/prod: 1 part will change; no danger was found",
    worst: null,
    findings: [],
    sums: {
      replicas: { before: 1, after: 2 },
      gpus: { before: 0, after: 0 },
      cpu: { before: 0, after: 0 },
      memory: { before: 0, after: 0 },
      models: [{ place: "api", name: "fraud", reference: "fraud@production", before: "3", after: "4" }],
    },
    components: [],
    settings: [],
    counts: { "in place": 1 },
    notes: [],
    compared: {
      commit: "1a2b3c",
      dirty: false,
      settings: "0".repeat(64),
      state: "5".repeat(64),
      models: { api: "fraud/4" },
      images: { "serving/api": "mlstack/serve:6f1a" },
    },
    approval: {
      made: "2026-11-26T08:00:00.000Z",
      tree: "clean",
      deployed: "2026-11-25T17:00:00.000Z",
      values: { "features.api.replicas": "2", "platform.kind": '"docker"' },
      secrets: { "mlstack:tracking.admin.password": "a".repeat(64) },
      programs: { pulumi: "3.274.1", "@pulumi/docker": "5.2.0" },
      target: "Docker engine 1f00",
      contents: { "mlstack/serve:6f1a": "sha256:77" },
      chance: "of-the-report",
      steps: { [`${CONTAINER}::api-0`]: "update 0011", [`${CONTAINER}::api-1`]: "create 2233" },
      seal: "",
    },
  },
  KEY,
);

type Compared = Report["compared"];
type Approval = NonNullable<Report["approval"]>;

/** The world a moment later. */
export function later(compared: Partial<Compared>, approval: Partial<Approval> = {}, rest: Partial<Report> = {}): Report {
  const { approval: before } = SHOWN;
  if (before === null) throw new Error("the report can be approved");
  return { ...SHOWN, ...rest, compared: { ...SHOWN.compared, ...compared }, approval: { ...before, ...approval } };
}

export { CONTAINER };
