import { describe, expect, test } from "vitest";

import { LogPrinter } from "../../tools/daily/log-printer.ts";
import { measuresIn } from "../../tools/daily/measures.ts";
import { meantBy, oneMeantBy, titleOf } from "../../tools/daily/names.ts";
import { offText } from "../../tools/daily/off.ts";
import { command, namedCommand } from "../../tools/daily/operated.ts";
import { pageOf } from "../../tools/daily/page.ts";
import { agoText, sinceOf, spanText } from "../../tools/daily/spans.ts";
import { shortImage } from "../../tools/daily/status-text.ts";
import { selectStack } from "../../tools/setup/stack.ts";
import { aLive, aReplica } from "../support/live.ts";

const serving = { within: ["mlstack:index:ServingStack"], under: ["scores"] };
const monitoring = { within: ["mlstack:index:Monitoring"], under: ["monitoring"] };
const parts = [
  aLive("api"),
  aLive("gateway", { within: ["mlstack:index:FeatureStack", "mlstack:index:Gateway"], under: ["features", "gateway"] }),
  aLive("scores", { ...serving, replicas: [aReplica("scores-0", { object: "scores-7d9f-x2x4z" })] }),
  aLive("trainer", {
    kind: "gang",
    within: ["mlstack:index:TrainingCluster"],
    under: ["trainer"],
    replicas: [aReplica("trainer-0"), aReplica("trainer-2")],
  }),
];

test("a section need not be said twice", () => {
  const all = [aLive("monitoring-metrics", monitoring), aLive("monitoring-logs", monitoring)];
  expect(oneMeantBy("monitoring/metrics", all).workload.name).toBe("monitoring-metrics");
});

test("what is opened of monitoring is a page, and not the list of what machines ask", () => {
  expect(pageOf(aLive("monitoring-metrics", monitoring))).toBe("/vmui/#/dashboards");
  expect(pageOf(aLive("watch-logs", { ...monitoring, under: ["watch"] }))).toBe("/select/vmui/");
  expect(pageOf(aLive("monitoring-host", monitoring))).toBe("");
  expect(pageOf(aLive("metrics"))).toBe("");
});

describe("a word", () => {
  test.each([
    ["api", ["api"]],
    ["features/api", ["api"]],
    ["serving/scores", ["scores"]],
    ["features/gateway/gateway", ["gateway"]],
    ["features", ["api", "gateway"]],
    ["serving", ["scores"]],
    ["training", ["trainer"]],
  ])("%s means %j as a whole", (word, names) => {
    const meant = meantBy(word, parts);
    expect(meant.map(({ workload }) => workload.name)).toEqual(names);
    expect(meant.every(({ replica }) => replica === undefined)).toBe(true);
  });

  test.each([
    ["api-1", "api-1"],
    ["features/api-1", "api-1"],
    ["trainer-2", "trainer-2"],
    ["scores-7d9f-x2x4z", "scores-0"],
  ])("%s means the replica %s", (word, name) => expect(oneMeantBy(word, parts).replica?.name).toBe(name));

  test.each([
    ["apii", 'no part is called "apii"; did you mean "api"? (parts: api, gateway, scores, trainer)'],
    ["trainer-9", 'no part is called "trainer-9"; did you mean "trainer-0"? (parts: api, gateway, scores, trainer)'],
    ["serving/api", 'no part is called "serving/api"; did you mean "api"? (parts: api, gateway, scores, trainer)'],
    ["zebra", 'no part is called "zebra" (parts: api, gateway, scores, trainer)'],
  ])("%s means nothing", (word, message) => expect(() => meantBy(word, parts)).toThrow(message));

  test("that means several parts is refused where one is needed, with their names", () => {
    expect(() => oneMeantBy("features", parts)).toThrow('"features" has several parts: api, gateway; name one');
  });

  test("of a part that is off is answered with what switches it on", () => {
    expect(() => meantBy("pipeline", parts, () => "it is off")).toThrow("it is off");
  });
});

test.each([
  [parts[0], "features/api"],
  [parts[2], "serving/scores"],
  [parts[3], "training/trainer"],
])("a part's title has its section", (part, title) => expect(part && titleOf(part)).toBe(title));

test.each([
  ["trainer", [], '"trainer" is switched off by mlstack:training.enabled in Pulumi.dev.yaml; set it to true, then npm start'],
  ["training", [], '"training" is switched off by mlstack:training.enabled in Pulumi.dev.yaml; set it to true, then npm start'],
  ["pipeline", [], '"pipeline" is no part of this stack: Pulumi.dev.yaml has no mlstack:pipeline; add it, then npm start'],
  ["features", [], '"features" is in Pulumi.dev.yaml and not deployed yet; npm start'],
  ["features", [{ type: "x", urn: "urn:pulumi:dev::mlstack::x::features" }], '"features" has nothing that runs all the time'],
  ["zebra", [], undefined],
])("%s of the dev stack, which does not run: %s", (word, resources, text) => {
  expect(offText(word, selectStack({}), { resources })).toBe(text);
});

test("commands name the stack as their own words do", () => {
  const example = selectStack({ example: "model-serving", stack: "kubernetes" });
  expect(command("status", example)).toBe("npm run status -- model-serving -s kubernetes");
  expect(namedCommand("logs", "api -f", example)).toBe("npm run logs -- api -f -e model-serving -s kubernetes");
  expect(namedCommand("logs", "api", selectStack({}))).toBe("npm run logs -- api");
  expect(command("start", selectStack({}))).toBe("npm start");
  expect(command("start", selectStack({ stack: "prod" }))).toBe("npm start -- -s prod");
});

test.each([
  [0, "0 s"],
  [119_000, "119 s"],
  [120_000, "2 min"],
  [3 * 3_600_000, "3 h"],
  [49 * 3_600_000, "2 d"],
])("%i ms are %s", (milliseconds, text) => expect(spanText(milliseconds)).toBe(text));

test("a time is so long ago", () => expect(agoText("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:07Z"))).toBe("7 s ago"));

test.each([
  ["10m", -600_000],
  ["2h", -7_200_000],
  ["1d", -86_400_000],
  ["500ms", -500],
  ["2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:00Z") - 1_000_000],
  ["10 minutes", undefined],
  ["yesterday", undefined],
])("--since %s", (text, offset) => expect(sinceOf(text, 1_000_000)).toBe(offset === undefined ? undefined : 1_000_000 + offset));

test.each([
  ["mlstack/feature-api:f999aedd5a61aabbccdd", "feature-api:f999aedd5a61"],
  ["registry:5000/team/api@sha256:f999aedd5a61aabbccdd0011223344556677", "api@f999aedd5a61"],
  ["registry:5000/team/api:1.4@sha256:f999aedd5a61aabbccdd0011223344556677", "api@f999aedd5a61"],
  ["redis:7.2", "redis:7.2"],
  ["sha256", "sha256"],
])("image %s is shown as %s", (image, short) => expect(shortImage(image)).toBe(short));

test("models, epochs and the checkpoint are read from metrics, each model once", () => {
  const model = (version: string) =>
    `mlstack_model_info{alias="production",component="m",name="fraud \\"a\\"",sha256="",version="${version}"} 1.0`;
  const rank = (index: number, epoch: number) => `mlstack_training_epoch{rank="${index}"} ${epoch}.0`;
  const text = `# HELP x\r\n${model("3")}\n${rank(0, 7)}\nmlstack_training_together{rank="0"} 1.0\nmlstack_training_checkpoint_timestamp_seconds 1.7672256e+09\n`;
  expect(
    measuresIn([
      text,
      `${model("3")}\n${model("4")}\n${rank(1, 6)}\nmlstack_training_together{rank="1"} 0.0`,
      "HTTP/1.0 404 Not Found\r\n\r\nno",
    ]),
  ).toEqual({
    models: [
      { name: 'fraud "a"', version: "3", alias: "production" },
      { name: 'fraud "a"', version: "4", alias: "production" },
    ],
    epochs: new Map([
      ["0", 7],
      ["1", 6],
    ]),
    waiting: new Set(["1"]),
    checkpoint: 1_767_225_600_000,
  });
});

describe("a printed line", () => {
  test("has its name, padded, and a colour for each name on a terminal only", () => {
    const plain = new LogPrinter({ colours: false, width: 7 });
    expect(plain.text("api-0", "hello")).toBe("api-0   | hello\n");
    const coloured = new LogPrinter({ colours: true, width: 0 });
    const [first, second] = ["a", "b"].map((name) => coloured.text(name, "x") ?? "");
    expect(first).toBe("\u001b[36ma\u001b[0m | x\n");
    expect(second).not.toContain("[36m");
    expect(coloured.text("a", "y")).toContain("[36m");
  });

  test("is left out where the expression finds nothing in it; a name is no part of it", () => {
    const printer = new LogPrinter({ colours: false, width: 0, grep: /api|error/ });
    expect(printer.text("api-0", "all is well")).toBeUndefined();
    expect(printer.text("api-0", "an error")).toBe("api-0 | an error\n");
  });
});
