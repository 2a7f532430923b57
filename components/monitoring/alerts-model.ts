import type { ServerPart, StepPart } from "./observed.ts";
import { DECLARED, of, promTime, seconds } from "./query.ts";
import { type Alert, alertOf, command, type Watched } from "./rule.ts";

/** Whether a server answers with the right model, from the right features. */
export function modelAlerts(watched: Watched, part: ServerPart): Alert[] {
  return [
    ...wrongModel(watched, part),
    ...goldenRequest(watched, part),
    ...fallback(watched, part),
    ...tooOld(watched, part),
    ...shifted(watched, part),
  ];
}

/** A version that is not the declared one answers, long after that was declared. */
function wrongModel(watched: Watched, part: ServerPart): Alert[] {
  if (part.model === undefined) return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const { name: model, version } = part.model;
  const wrong = of(part, "mlstack_model_info", scope, `name=${JSON.stringify(model)}`, `version!=${JSON.stringify(version)}`);
  const declared = of(part, DECLARED.model, scope, `name=${JSON.stringify(model)}`, `version=${JSON.stringify(version)}`);
  const alert = alertOf(watched, name, {
    alert: "WrongModel",
    severity: "critical",
    expr: `count by (version) (${wrong} == 1) and on() (${declared} offset ${promTime(settings.startGrace)})`,
    lasts: "30s",
    summary: `${name} answers with version {{ $labels.version }} of the model ${model} ({{ $value }} of ${part.replicas} replicas), but version ${version} was deployed.`,
    next: `Compare: ${command(watched, "status --")}. A deployment puts the declared version back.`,
  });
  return [alert];
}

/** The model gives another answer than the one that is known to be right. Which step asks a model is not declared. */
export function goldenRequest(watched: Watched, part: ServerPart | StepPart): Alert[] {
  if (part.kind === "server" && !part.golden) return [];
  const { name } = part.target;
  const who = part.kind === "server" ? `{{ $value }} of ${part.replicas} replicas of ${name} answer` : `${name} answers`;
  const alert = alertOf(watched, name, {
    alert: "GoldenRequestFails",
    severity: "critical",
    expr: `count by (name) (${of(part, "mlstack_golden_request_ok", watched.scope)} == 0)`,
    lasts: "30s",
    summary: `${who} a question wrongly whose right answer is known (model {{ $labels.name }}).`,
    next: `See what it answers: ${command(watched, `logs -- ${name} --grep golden`)}. Until it is right, deploy the version of before.`,
  });
  return [alert];
}

/** Stores that are there for an emergency answer for the usual one. */
function fallback(watched: Watched, part: ServerPart): Alert[] {
  const [usual, ...others] = part.features;
  if (usual === undefined || others.length === 0) return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const reads = (...further: string[]) => `sum(rate(${of(part, "mlstack_feature_reads_total", scope, ...further)}[1m]))`;
  const alert = alertOf(watched, name, {
    alert: "FallbackInUse",
    severity: "warning",
    expr: `100 * ${reads(`source=~${JSON.stringify(others.join("|"))}`)} / ${reads()} > ${settings.fallbackShare}`,
    lasts: "15s",
    summary: `${name} reads {{ printf "%.0f" $value }} % of its features from ${others.join(" or ")}, because ${usual} does not answer or lacks them.`,
    next: `See whether ${usual} runs: ${command(watched, "status --")}; and what ${name} says of it: ${command(watched, `logs -- ${name} --tail 50`)}.`,
  });
  return [alert];
}

/** Nobody has built newer features for longer than the settings allow. */
function tooOld(watched: Watched, part: ServerPart): Alert[] {
  const { name } = part.target;
  const { scope, settings } = watched;
  const age = settings.featureAge[name];
  if (age === undefined || part.features.length === 0) return [];
  const alert = alertOf(watched, name, {
    alert: "FeaturesTooOld",
    severity: "warning",
    // The age grows while nobody asks, too.
    expr: `max by (source) (${of(part, "mlstack_feature_age_seconds", scope)}) > ${seconds(age)} and on() (sum(rate(${of(part, "mlstack_feature_reads_total", scope)}[10m])) > 0)`,
    lasts: "30s",
    summary: `${name} answers from features that are {{ $value | humanizeDuration }} old (from {{ $labels.source }}); at most ${age} is allowed.`,
    next: `See whether what builds them still runs: ${command(watched, "status --")}.`,
  });
  return [alert];
}

/** What is asked is no longer what the model was trained on. A server without a registered model has nothing to compare with. */
export function shifted(watched: Watched, part: ServerPart | StepPart): Alert[] {
  if (part.kind === "server" && part.model === undefined) return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const alert = alertOf(watched, name, {
    alert: "DataShift",
    severity: "warning",
    expr: `max by (name, feature) (${of(part, "mlstack_feature_shift", scope)}) > ${settings.shift}`,
    lasts: "1m",
    summary: `What ${name} is asked has shifted: {{ $labels.feature }} of the model {{ $labels.name }} is distributed otherwise than in training (index {{ printf "%.2f" $value }}, limit ${settings.shift}).`,
    next: "Find out what has changed in the data. If it is to stay so, train on newer data and deploy the new version.",
  });
  return [alert];
}
