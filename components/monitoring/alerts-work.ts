import { goldenRequest, shifted } from "./alerts-model.ts";
import type { RanksPart, StepPart } from "./observed.ts";
import { answering, answeringNow, of, promTime, seconds, startOf } from "./query.ts";
import { type Alert, alertOf, command, type Watched } from "./rule.ts";

/** Whether a step of a pipeline does what it should, in time, and its model, where it asks one, is right. */
export function stepAlerts(watched: Watched, part: StepPart): Alert[] {
  const { name } = part.target;
  const { scope } = watched;
  const success = of(part, "mlstack_step_last_success_timestamp_seconds", scope);
  const started = startOf(part, scope);
  const late = alertOf(watched, name, {
    alert: "StepLate",
    severity: "critical",
    // A step that has just been started has no success yet, and is late only when one is overdue from then on.
    expr: `(time() - max(${success})) > ${part.staleAfter} or ((time() - max(${started})) > ${part.staleAfter} unless on() ${success})`,
    lasts: "15s",
    summary: `The step ${name} last did its work {{ $value | humanizeDuration }} ago; it is late after ${part.staleAfter} s.`,
    next: `See what it fails at: ${command(watched, `logs -- ${name} --tail 50`)}; and whether what it needs runs: ${command(watched, "status --")}.`,
  });
  return [late, ...goldenRequest(watched, part), ...shifted(watched, part)];
}

/** Whether training goes on, where it runs. */
export function trainingAlerts(watched: Watched, part: RanksPart): Alert[] {
  return [endedEarly(watched, part), stuck(watched, part), checkpointTooOld(watched, part)];
}

/** No rank is there, and the last that was seen of them is not their last epoch. */
function endedEarly(watched: Watched, part: RanksPart): Alert {
  const { name } = part.target;
  const { scope } = watched;
  const last = (metric: string) => `max(last_over_time(${of(part, metric, scope)}[6h]))`;
  return alertOf(watched, name, {
    alert: "TrainingEndedEarly",
    severity: "critical",
    expr: `(${last("mlstack_training_epoch")} or 0 * ${last("mlstack_training_epochs")}) < ${last("mlstack_training_epochs")} and on() (${answeringNow(part, scope)} == 0)`,
    lasts: promTime(watched.settings.missingFor),
    summary: `${name} has ended after {{ $value }} epochs, which are not all of them: no rank is there any more.`,
    next: `See how the ranks ended: ${command(watched, `logs -- ${name} --tail 50`)}. The next deployment starts them again from the last checkpoint.`,
  });
}

/** Ranks run and finish no epoch. */
function stuck(watched: Watched, part: RanksPart): Alert {
  const { name } = part.target;
  const { scope, settings } = watched;
  const time = promTime(settings.stuckAfter);
  const epoch = of(part, "mlstack_training_epoch", scope);
  const runs = `${answering(part, scope)} == 1`;
  return alertOf(watched, name, {
    alert: "TrainingStuck",
    severity: "critical",
    // Either no epoch has come since then, or there was none all the time: ranks that start again have none for a moment. And it has run for so long.
    expr: `((max(changes(${epoch}[${time}])) == 0) or on() (count(${runs}) unless on() last_over_time(${epoch}[${time}]))) and on() (${runs}) and on() (${answering(part, scope)} offset ${time} == 1)`,
    summary: `${name} trains, but has finished no epoch for ${settings.stuckAfter}.`,
    next: `See what the ranks wait for: ${command(watched, `logs -- ${name} --tail 20`)}. ${command(watched, `restart -- ${name}`)} begins again at the last checkpoint.`,
  });
}

/** Ranks run and write no checkpoint. */
function checkpointTooOld(watched: Watched, part: RanksPart): Alert {
  const { name } = part.target;
  const { scope, settings } = watched;
  const written = of(part, "mlstack_training_checkpoint_timestamp_seconds", scope);
  const started = startOf(part, scope);
  return alertOf(watched, name, {
    alert: "CheckpointTooOld",
    severity: "warning",
    // What goes on from an old checkpoint has the same time to write a new one; without any, all since the start would be lost. One
    // rank alone knows of them: while it is started again, the last that it said holds.
    expr: `(time() - (max(last_over_time(${written}[${promTime(settings.checkpointAge)}])) or max(${started}))) > ${seconds(settings.checkpointAge)} and on() (${answering(part, scope)} == 1) and on() (${answering(part, scope)} offset ${promTime(settings.checkpointAge)} == 1)`,
    summary: `The last checkpoint of ${name} is {{ $value | humanizeDuration }} old: what was trained since then would be lost.`,
    next: `See whether writing fails: ${command(watched, `logs -- ${name} --grep checkpoint`)}; a full volume is one cause.`,
  });
}
