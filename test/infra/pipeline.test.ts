import { beforeAll, describe, expect, test } from "vitest";

import { checkSettings } from "../../infra/check.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { declareOn } from "../../infra/program.ts";
import { stackSettings } from "../../infra/stack.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const DIGEST = `ghcr.io/acme/forecast@sha256:${"0".repeat(64)}`;
const docker = { kind: "docker" };
const tracking = { publish: { port: 5001 } };
const steps = {
  train: { kind: "once", mlflow: true },
  graph: { kind: "page", port: 4141, publish: { port: 4141 } },
  ui: { kind: "page", port: 8050, publish: { port: 8050 }, links: { MLFLOW_UI_URI: "mlflow", GRAPH_URI: "graph" } },
};
const links = { MLFLOW_UI_URI: "https://mlflow.example.org", GRAPH_URI: "https://graph.example.org" };
const built = { image: { reference: "features" }, steps };

const mistakes = (settings: object) =>
  checkSettings(stackSettings, { platform: docker, ...settings }).mistakes.map(({ path, message }) => `${path}: ${message}`);

async function asked(settings: object) {
  const { settings: read, mistakes } = checkSettings(stackSettings, { platform: docker, ...settings });
  if (read === undefined) throw new Error(JSON.stringify(mistakes));
  const platform = new FakePlatform();
  const outputs = await engine.run(() => declareOn(platform, read, (system) => mlStack(system, read, {})));
  return { platform, outputs };
}

describe("a stack with a pipeline", () => {
  test("builds the images that its steps choose, and says where its pages are", async () => {
    const own = { ...steps, graph: { ...steps.graph, image: { reference: "feature-api" } }, train: { ...steps.train, image: "shop:1" } };
    const { platform, outputs } = await asked({ tracking, pipeline: { ...built, steps: own } });
    expect(platform.lines.filter((line) => line.startsWith("image "))).toEqual([
      "image python",
      "image mlflow",
      "image feature-api",
      "image features",
    ]);
    expect(platform.spec("job", "train")).toMatchObject({ container: { image: "shop:1" } });
    expect(Object.keys(outputs["urls"] as object)).toEqual(["mlflow", "graph", "ui"]);
  });

  test("is a stack", () => expect(mistakes({ tracking, pipeline: built })).toEqual([]));

  test("runs a part of it", async () => {
    const { platform } = await asked({ tracking, pipeline: { ...built, only: ["mlflow", "ui"] } });
    expect(platform.lines.filter((line) => /^(service|job) /.test(line))).toEqual(["service mlflow", "service ui"]);
  });
});

const NEEDS = "needs tracking, which this stack does not have; add mlstack:tracking, or remove this";
const PUBLISH = "mlflow is not published, so that no browser reaches it; set mlstack:tracking.publish";
const BY_NAME = "is required where the image is given by name: the address by which browsers reach";

describe("says what is wrong", () => {
  test.each<[string, object, string[]]>([
    [
      "parts that the stack does not have",
      { pipeline: built },
      [`mlstack:pipeline.steps.train.mlflow: ${NEEDS}`, `mlstack:pipeline.steps.ui.links.MLFLOW_UI_URI: mlflow ${NEEDS}`],
    ],
    [
      "a part that is named as running",
      { pipeline: { ...built, steps: { graph: steps.graph }, only: ["mlflow"] } },
      [`mlstack:pipeline.only: mlflow ${NEEDS}`],
    ],
    ["a link to what no browser reaches", { tracking: {}, pipeline: built }, [`mlstack:pipeline.steps.ui.links.MLFLOW_UI_URI: ${PUBLISH}`]],
    [
      "all that an image by name needs, at once",
      { tracking, pipeline: { ...built, image: "forecast:1" } },
      [
        'mlstack:pipeline.image: must name registry and user, such as "ghcr.io/acme/forecast@sha256:…": without them it is an image of Docker Hub\'s own, got "forecast:1"',
        'mlstack:pipeline.image: must name the image by its digest, such as "ghcr.io/acme/forecast@sha256:…", got "forecast:1"',
        `mlstack:pipeline.steps.ui.links.MLFLOW_UI_URI: ${BY_NAME} mlflow, such as "https://mlflow.example.org"`,
        `mlstack:pipeline.steps.ui.links.GRAPH_URI: ${BY_NAME} graph, such as "https://graph.example.org"`,
      ],
    ],
    [
      "the same of an image in the place of a reference image",
      { tracking, pipeline: built, images: { features: DIGEST } },
      [
        `mlstack:pipeline.steps.ui.links.MLFLOW_UI_URI: ${BY_NAME} mlflow, such as "https://mlflow.example.org"`,
        `mlstack:pipeline.steps.ui.links.GRAPH_URI: ${BY_NAME} graph, such as "https://graph.example.org"`,
      ],
    ],
    [
      "an image by name and a tag",
      { tracking, pipeline: { ...built, image: "ghcr.io/acme/forecast:1", steps: { ...steps, ui: { ...steps.ui, links } } } },
      [
        'mlstack:pipeline.image: must name the image by its digest, such as "ghcr.io/acme/forecast@sha256:…", got "ghcr.io/acme/forecast:1"',
      ],
    ],
    [
      "nothing of one that says all",
      { tracking, pipeline: { ...built, image: DIGEST, steps: { ...steps, ui: { ...steps.ui, links } } } },
      [],
    ],
    ["nothing of links of a page that is off", { tracking, pipeline: { ...built, image: DIGEST, only: ["train"] } }, []],
    [
      "an image that is none",
      { pipeline: { image: { reference: "none" }, steps: { graph: steps.graph } } },
      [
        expect.stringMatching(
          /^mlstack:pipeline\.image: must be an image such as .*, or \{ reference: NAME \} with NAME one of redis, /,
        ) as never,
      ],
    ],
    [
      "what is required",
      { pipeline: {} },
      [expect.stringMatching(/^mlstack:pipeline\.image: must be an image/) as never, "mlstack:pipeline.steps: is required (a map)"],
    ],
    [
      "variables that a step's program would refuse, once each, unless the step says other ones or runs another program",
      {
        pipeline: {
          image: { reference: "wind-power" },
          env: { SEED: "x", UNKNOWN: "y" },
          steps: {
            history: { kind: "once", args: ["history"], env: { HISTORY_ROWS: "1" } },
            stream: { kind: "always", args: ["stream"] },
            other: { kind: "once", args: ["history"], env: { SEED: "1" } },
            mine: { kind: "once", command: ["mine"], args: ["history"], env: { HISTORY_ROWS: "1" } },
          },
        },
      },
      [
        'mlstack:pipeline.env.SEED: must be a whole number, got "x"',
        'mlstack:pipeline.steps.history.env.HISTORY_ROWS: must be at least 288, got "1"',
      ],
    ],
    [
      "names that are near, and mistakes of other sections with them",
      { features: { acounts: 1 }, pipeline: { ...built, steps: { graph: steps.graph }, only: ["grph"] } },
      [
        'mlstack:features: unknown key "acounts"; did you mean "accounts"?',
        'mlstack:pipeline.only[0]: there is no part "grph"; did you mean "graph"?',
      ],
    ],
  ])("%s", (_, settings, expected) => expect(mistakes(settings)).toEqual(expected));
});
