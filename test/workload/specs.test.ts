import { describe, expect, test } from "vitest";

import {
  configFilesSpec,
  gangSpec,
  imageSpec,
  jobSpec,
  MOST_REPLICAS,
  placement,
  probe,
  secretSpec,
  serviceSpec,
  taskSpec,
  volumeSpec,
} from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";
import { aGangSpec, aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

describe("defaults", () => {
  test("of a service", () => {
    const { container: _, ...rest } = serviceSpec.parse(aServiceSpec());
    expect(rest).toEqual({
      port: 8000,
      replicas: 1,
      readiness: { kind: "http", port: 8000, path: "/ready", interval: "5s", timeout: "3s", failureThreshold: 3, startupGrace: "30s" },
      startBudget: "2m",
      inputs: {},
      placement: { nodeSelector: {}, tolerations: [] },
      after: [],
    });
  });

  test("of a job", () => {
    const { container: _, ...rest } = jobSpec.parse(aJobSpec());
    expect(rest).toEqual({ inputs: {}, startBudget: "2m", deadline: "30m", placement: { nodeSelector: {}, tolerations: [] }, after: [] });
  });

  test("of a gang", () => {
    const { container: _, ...rest } = gangSpec.parse(aGangSpec());
    expect(rest).toEqual({
      size: 2,
      rendezvousPort: 29500,
      maxRestarts: 3,
      startBudget: "5m",
      placement: { nodeSelector: {}, tolerations: [] },
      after: [],
      inputs: {},
    });
  });

  test("of a task", () => {
    const { container: _, ...rest } = taskSpec.parse(aTaskSpec());
    expect(rest).toEqual({ deadline: "24h", interactive: false, placement: { nodeSelector: {}, tolerations: [] } });
  });

  test("of a volume", () => expect(volumeSpec.parse({})).toEqual({ size: "10Gi", access: "one-node", keep: false }));

  test("of a publication: this machine only", () => {
    expect(serviceSpec.parse(aServiceSpec({ publish: { port: 80 } })).publish).toEqual({ port: 80, anyPort: false, address: "127.0.0.1" });
  });
});

describe("refusals", () => {
  test.each([
    [serviceSpec, aServiceSpec({ replicas: 0 }), "replicas: must be at least 1, got 0"],
    [serviceSpec, aServiceSpec({ replicas: -1 }), "replicas: must be at least 1, got -1"],
    [serviceSpec, aServiceSpec({ replicas: MOST_REPLICAS + 1 }), "replicas: must be at most 64, got 65"],
    [serviceSpec, aServiceSpec({ inputs: { data: "" } }), "inputs.data: must be a non-empty string"],
    [
      serviceSpec,
      aServiceSpec({ publish: { port: 80, host: "0.0.0.0" } as never }),
      'publish: unknown key "host"; did you mean "address"?',
    ],
    [serviceSpec, aServiceSpec({ port: 70000 }), "port: must be at most 65535, got 70000"],
    [serviceSpec, aServiceSpec({ debug: { port: 0 } }), "debug.port: must be at least 1, got 0"],
    [serviceSpec, aServiceSpec({ debug: { port: 8000 } }), "debug.port: must be another port than the service's own, got 8000"],
    [
      serviceSpec,
      aServiceSpec({ debug: { port: 5678, address: "0.0.0.0" } as never }),
      'debug: unknown key "address"; known are port, hostPort',
    ],
    [gangSpec, aGangSpec({ size: 0 }), "size: must be at least 1, got 0"],
    [gangSpec, aGangSpec({ size: 1025 }), "size: must be at most 1024, got 1025"],
    [gangSpec, aGangSpec({ maxRestarts: -1 }), "maxRestarts: must be at least 0, got -1"],
    [probe, { kind: "exec", command: [] }, "command: must name the program to run"],
    [probe, { kind: "http", port: 1, path: "ready" }, 'path: must be an absolute path without spaces or colons, got "ready"'],
    [volumeSpec, { sise: "1Gi" }, 'unknown key "sise"; did you mean "size"?'],
    [jobSpec, aJobSpec({ startBudget: "-1s" }), 'startBudget: must not be negative, got "-1s"'],
    [
      gangSpec,
      aGangSpec({ startBudget: "soon" as never }),
      'startBudget: must be a time with the unit ms, s, m or h, for example "30s", got "soon"',
    ],
    [taskSpec, { ...aTaskSpec(), after: [] } as never, 'unknown key "after"; known are container, placement, deadline, interactive'],
    [placement, { accelerator: { vendor: "nvidia", count: 0 } }, "accelerator.count: must be at least 1, got 0"],
    [configFilesSpec, { files: { "../a": "x" } }, "files.../a: file names are letters, digits, dots, dashes and underscores"],
    [imageSpec, { build: { context: "/nowhere" } }, 'build.context: must be an existing folder, got "/nowhere"'],
  ])("%#: says %s", (schema, given, message) => expect(messages(schema, given)).toEqual([message]));

  test("never shows a secret's value", () => {
    const said = messages(secretSpec, { values: { "bad key": "hunter2", password: 5 } }).join();
    expect(said).toContain("keys are letters");
    expect(said).not.toContain("hunter2");
  });
});
