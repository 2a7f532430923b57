import type { Scenario } from "./scenario.ts";
import { always, BEGIN, type Course } from "./series.ts";

const DAY = 86_400;

/** 100 requests a second; from an hour on `failed` of a thousand fail. */
const failing = (failed: number): Scenario["changes"] => [
  ['code="2xx"', () => answered(failed / 10)],
  ['code="5xx"', () => late(failed / 10)],
  ['route="/predict",code="200"', () => answered(failed / 10)],
  ['route="/predict",code="500"', () => late(failed / 10)],
];

function late(perSecond: number): (second: number) => number {
  return (second) => Math.round(Math.max(0, second - 3600) * perSecond);
}

function answered(failed: number): Course {
  const errors = late(failed);
  return (second) => 100 * second - errors(second);
}

/** Numbers every minute: what else happens within a minute is no matter here. */
const overDays = (name: string, changes: Scenario["changes"], raised: Scenario["raised"]): Scenario => ({
  name,
  interval: 60,
  changes: [["mlstack_step_last_success", () => (second) => BEGIN + second], ["mlstack_feature_age_seconds", () => always(10)], ...changes],
  raised,
});

const parts = ["solo", "gateway", "edge"];

/** Errors over hours and days. */
export const SLOW: readonly Scenario[] = [
  overDays("one request in 2000 fails for two days: as many as are allowed, and half of them left", failing(0.5), {
    [DAY]: [],
    [2 * DAY]: [],
  }),
  overDays("one in 200 fails: five times as many as are allowed", failing(5), {
    [3000]: [],
    [DAY]: parts.map((part) => ({
      alert: "ErrorBudgetBurnsSlowly",
      part,
      summary: `0.5% of the requests to ${part} fail; 99.9 % should be answered, and for hours too many are not.`,
    })),
  }),
  overDays("one in five fails", failing(200), {
    [4 * 3600]: parts.flatMap((part) => [
      { alert: "ErrorBudgetBurnsFast", part, summary: `20% of the requests to ${part} fail; 99.9 % should be answered.` },
      {
        alert: "ErrorBudgetBurnsSlowly",
        part,
        summary: `20% of the requests to ${part} fail; 99.9 % should be answered, and for hours too many are not.`,
      },
    ]),
  }),
  overDays(
    "a third of nine requests fails",
    [
      ['code="2xx"', () => (second) => (second < 3600 ? 0 : 6)],
      ['code="5xx"', () => (second) => (second < 3600 ? 0 : 3)],
      ['route="/predict",code="200"', () => (second) => (second < 3600 ? 0 : 6)],
      ['route="/predict",code="500"', () => (second) => (second < 3600 ? 0 : 3)],
    ],
    { 3900: [], 7200: [] },
  ),
  overDays(
    "features are not built for more than a day",
    [['mlstack_feature_age_seconds{part="api",instance="api:1"', () => (second) => second + 3600]],
    {
      [24 * 3600]: [],
      [26 * 3600]: [
        {
          alert: "FeaturesTooOld",
          part: "api",
          labels: { source: "redis" },
          summary: "api answers from features that are 1d 3h 0m 0s old (from redis); at most 26h is allowed.",
        },
      ],
    },
  ),
];
