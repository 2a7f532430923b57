import { expect, test } from "vitest";

import { workloadsIn } from "../../components/workload/adapter/index.ts";
import { aState, FEATURES } from "../support/live.ts";

const noun = (kind: string, name: string) => `${FEATURES} / mlstack:docker:${kind}=${name}`;

test("workloads are found with what they are a part of, in the program's order, those of one component together", () => {
  const state = aState(
    [noun("Job", "build")],
    [noun("Volume", "redis")],
    ["mlstack:index:MlStack=ml / mlstack:index:TrainingCluster=trainer / mlstack:docker:Gang=trainer"],
    [noun("Service", "api"), { outputs: { address: "api" } }],
    [`${FEATURES} / mlstack:index:Gateway=gateway / mlstack:docker:Service=gateway`, { outputs: { url: "http://127.0.0.1:8000" } }],
    ["mlstack:index:MlStack=ml / mlstack:index:Experiments=experiments / mlstack:docker:Task=train"],
  );
  expect(workloadsIn(state).map(({ kind, name, under, url }) => [kind, name, under.join("/"), url])).toEqual([
    ["job", "build", "features", undefined],
    ["service", "api", "features", undefined],
    ["service", "gateway", "features/gateway", "http://127.0.0.1:8000"],
    ["gang", "trainer", "trainer", undefined],
    ["task", "train", "experiments", undefined],
  ]);
});

test("what a workload consists of is what the target made for it", () => {
  const [api] = workloadsIn(
    aState([noun("Service", "api")], [`${noun("Service", "api")} / docker:index/container:Container=api-0`, { id: "c0" }]),
  );
  expect(api?.resources.map(({ id }) => id)).toEqual(["c0"]);
});

test("a gateway knows whether its service speaks TLS; the address of something else is not taken for it", () => {
  const state = aState(
    [`${FEATURES} / mlstack:index:Gateway=gateway`, { outputs: { url: "https://127.0.0.1:8443" } }],
    [`${FEATURES} / mlstack:index:Gateway=gateway / mlstack:docker:Service=gateway`, { outputs: { url: "http://127.0.0.1:8443" } }],
    ["mlstack:index:MlStack=ml / mlstack:index:TrackingServer=mlflow", { outputs: { url: "http://mlflow:5000" } }],
    [
      "mlstack:index:MlStack=ml / mlstack:index:TrackingServer=mlflow / mlstack:docker:Service=mlflow",
      { outputs: { url: "http://127.0.0.1:5000" } },
    ],
  );
  expect(workloadsIn(state).map(({ url }) => url)).toEqual(["https://127.0.0.1:8443", "http://127.0.0.1:5000"]);
});
