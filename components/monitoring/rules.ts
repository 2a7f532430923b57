import { answerAlerts } from "./alerts-answers.ts";
import { askedOf, budgetAlerts } from "./alerts-budget.ts";
import { gatewayAlerts, hostAlerts, ownAlerts, redisAlerts } from "./alerts-house.ts";
import { modelAlerts } from "./alerts-model.ts";
import { stepAlerts, trainingAlerts } from "./alerts-work.ts";
import type { Observed } from "./observed.ts";
import { DECLARED, declaredOf } from "./query.ts";
import type { Alert, Recording, RuleGroup, Watched } from "./rule.ts";

export type { Alert, Recording, RuleGroup, Watched } from "./rule.ts";

/**
 * All rules of a stack: what was declared as series, and the alerts that follow from it. Their expressions are PromQL, which
 * Prometheus evaluates as VictoriaMetrics does.
 */
export function rulesOf(watched: Watched): RuleGroup[] {
  const { parts } = watched;
  const budgets = askedOf(parts).map((part) => budgetAlerts(watched, part));
  const groups: RuleGroup[] = [
    { name: "declared", rules: declarations(watched) },
    ...parts.map((part) => ({ name: `part ${part.target.name}`, rules: [...answerAlerts(watched, part), ...ofItsKind(watched, part)] })),
    { name: "errors", rules: budgets.map(({ fast }) => fast) },
    // Over hours and days: a minute more or less is nothing, and so many numbers are read.
    { name: "errors over days", interval: "1m", rules: budgets.map(({ slow }) => slow) },
    { name: "host", rules: hostAlerts(watched) },
    { name: "monitoring", rules: ownAlerts(watched) },
  ];
  return groups.filter(({ rules }) => rules.length > 0);
}

/** The file that vmalert reads: JSON, which is YAML too. */
export function rulesFile(groups: readonly RuleGroup[]): string {
  return `${JSON.stringify({ groups }, null, 1)}\n`;
}

/** The alerts among rules. */
export function alertsIn(groups: readonly RuleGroup[]): Alert[] {
  return groups.flatMap(({ rules }) => rules.filter((rule): rule is Alert => "alert" in rule));
}

/** What was declared, as series that last as long as it does: rules compare with them, and graphs mark where they begin. */
function declarations({ parts, scope, deployment }: Watched): Recording[] {
  const vector = (record: string, value: number, labels: Readonly<Record<string, string>>) => ({
    record,
    expr: `vector(${value})`,
    labels: { ...scope, ...labels },
  });
  return [
    vector(DECLARED.deployment, 1, { deployment }),
    ...parts.map((part) => vector(DECLARED.replicas, declaredOf(part), { part: part.target.name })),
    ...parts.flatMap((part) =>
      part.kind === "server" && part.model !== undefined ? [vector(DECLARED.model, 1, { part: part.target.name, ...part.model })] : [],
    ),
  ];
}

/** The alerts that only parts of its kind have. */
function ofItsKind(watched: Watched, part: Observed): Alert[] {
  switch (part.kind) {
    case "server":
      return modelAlerts(watched, part);
    case "gateway":
      return gatewayAlerts(watched, part);
    case "step":
      return stepAlerts(watched, part);
    case "ranks":
      return trainingAlerts(watched, part);
    case "redis":
      return redisAlerts(watched, part);
    default:
      return [];
  }
}
