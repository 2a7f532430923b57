import { alertsIn, type RuleGroup } from "../../components/monitoring/rules.ts";
import { type Course, valuesOf } from "./series.ts";
import { WELL } from "./well.ts";

/** An alert as it must be raised. */
export interface Raised {
  readonly alert: string;
  readonly part?: string;
  /** Labels beside its severity and part. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The whole sentence. */
  readonly summary: string;
}

/** What happens to a stack in which all else is well. */
export interface Scenario {
  readonly name: string;
  /** Seconds between two numbers of a series. */
  readonly interval: number;
  /** What the series become whose name holds the text. */
  readonly changes: readonly (readonly [string, (before: Course) => Course])[];
  /** Which alerts are raised at which second, and no other. */
  readonly raised: Readonly<Record<number, readonly Raised[]>>;
}

/** Scenarios as the test of vmalert-tool that they are. */
export function unitTests(groups: readonly RuleGroup[], scenarios: readonly Scenario[], evaluation: string): object {
  return {
    rule_files: ["rules.json"],
    evaluation_interval: evaluation,
    group_eval_order: groups.map(({ name }) => name),
    tests: scenarios.map((scenario) => testOf(groups, scenario)),
  };
}

function testOf(groups: readonly RuleGroup[], { name, interval, changes, raised }: Scenario): object {
  const until = Math.max(...Object.keys(raised).map(Number)) + interval;
  const series = new Map<string, Course>(Object.entries(WELL));
  for (const [text, change] of changes) {
    const found = [...series].filter(([key]) => key.includes(text));
    if (found.length === 0)
      series.set(
        text,
        change(() => undefined),
      );
    for (const [key, course] of found) series.set(key, change(course));
  }
  const input = [...series].map(([key, course]) => ({ series: key, values: valuesOf(course, interval, until) }));
  const times = Object.entries(raised);
  return {
    name,
    interval: `${interval}s`,
    input_series: input,
    alert_rule_test: times.flatMap(([second, alerts]) => textsAt(groups, `${second}s`, alerts)),
    metricsql_expr_test: [
      ...times.map(([second, alerts]) => ({
        expr: `count by (alertname, part) (${FIRING})`,
        eval_time: `${second}s`,
        exp_samples: samplesOf(alerts),
      })),
      ...neverRaised(times, until),
    ],
  };
}

const FIRING = 'ALERTS{alertstate="firing"}';

/** Where no alert is to be raised at any time, none may have been. */
function neverRaised(times: readonly (readonly [string, readonly Raised[]])[], until: number): object[] {
  if (times.some(([, alerts]) => alerts.length > 0)) return [];
  const ever = `count by (alertname, part) (count_over_time(${FIRING}[${until}s]))`;
  return [{ expr: ever, eval_time: `${Math.max(...times.map(([second]) => Number(second)))}s`, exp_samples: [] }];
}

/** Exactly these are raised, and no other alert. */
function samplesOf(alerts: readonly Raised[]): object[] {
  return alerts.map(({ alert, part }) => ({
    labels: part === undefined ? `{alertname="${alert}"}` : `{alertname="${alert}", part="${part}"}`,
    value: alerts.filter((one) => one.alert === alert && one.part === part).length,
  }));
}

/** What each of them says. */
function textsAt(groups: readonly RuleGroup[], time: string, raised: readonly Raised[]): object[] {
  return groups.flatMap((group) =>
    [...new Set(raised.map(({ alert }) => alert))].flatMap((alert) => {
      const all = raised.filter((one) => one.alert === alert).flatMap((one) => expected(group, one));
      return all.length === 0 ? [] : [{ eval_time: time, groupname: group.name, alertname: alert, exp_alerts: all }];
    }),
  );
}

function expected(group: RuleGroup, { alert, part, labels, summary }: Raised): object[] {
  const rule = alertsIn([group]).find((one) => one.alert === alert && one.labels["part"] === part);
  if (rule === undefined) return [];
  return [{ exp_labels: { ...labels, ...rule.labels }, exp_annotations: { ...rule.annotations, summary } }];
}
