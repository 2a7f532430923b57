import type { Observed, RanksPart } from "./observed.ts";
import { alone, answering, answeringNow, DECLARED, declaredOf, of, promTime, restartsOf, seconds, startOf } from "./query.ts";
import { type Alert, alertOf, command, type Watched } from "./rule.ts";

/** Whether a part, and each of its replicas, answers: for every kind of part. */
export function answerAlerts(watched: Watched, part: Observed): Alert[] {
  if (part.kind === "ranks") return [ranksMissing(watched, part), ...restartLoop(watched, part)];
  return [down(watched, part), ...replicasMissing(watched, part), ...notReady(watched, part), ...restartLoop(watched, part)];
}

/** No replica answers. */
function down(watched: Watched, part: Observed): Alert {
  const { name } = part.target;
  const most = declaredOf(part) === 1 ? "" : `, of ${declaredOf(part)} replicas none`;
  return alertOf(watched, name, {
    alert: "PartDown",
    severity: "critical",
    expr: `${answeringNow(part, watched.scope)} == 0 and on() (${expected(watched, part, 1)})`,
    lasts: promTime(watched.settings.missingFor),
    summary: `${name} does not answer${most}.`,
    next: `See why: ${command(watched, `logs -- ${name} --tail 20`)}. Put it right: ${command(watched, "status --")}, then deploy again.`,
  });
}

/** Some replicas answer, fewer than were declared. */
function replicasMissing(watched: Watched, part: Observed): Alert[] {
  const declared = declaredOf(part);
  if (part.kind !== "server" || declared === 1) return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const present = answeringNow(part, scope);
  // One that has just been started is followed by the next: a deployment, or a restart by hand.
  const renewed = `(time() - max(${startOf(part, scope)})) < ${SOON}`;
  const alert = alertOf(watched, name, {
    alert: "ReplicasMissing",
    severity: "warning",
    expr: `((${present} > 0) < ${declared} and on() (${expected(watched, part, declared)})) unless on() (${renewed})`,
    lasts: promTime(settings.missingFor),
    summary: `Of ${name}, {{ $value }} of ${declared} replicas answer.`,
    next: `See which one is missing: ${command(watched, "status --")}. See why: ${command(watched, `logs -- ${name} --previous`)}.`,
  });
  return [alert];
}

/** Seconds after the start of a replica in which the next one may be replaced. */
const SOON = 30;

/**
 * Whether so many can be expected: they have answered within the hour, or are declared for longer than a start takes. A first
 * deployment declares parts before they exist.
 */
function expected({ scope, deployment, settings }: Watched, part: Observed, declared: number): string {
  const once = `max_over_time((count(${answering(part, scope)} == 1))[1h:30s]) >= ${declared}`;
  const declaredBefore = alone(DECLARED.deployment, scope, `deployment="${deployment}"`);
  return `${once} or ${declaredBefore} offset ${promTime(settings.startGrace)}`;
}

/** A replica answers, but takes no requests. */
function notReady(watched: Watched, part: Observed): Alert[] {
  if (part.kind !== "server") return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const started = startOf(part, scope);
  const alert = alertOf(watched, name, {
    alert: "ReplicaNotReady",
    severity: "warning",
    expr: `${of(part, "mlstack_ready", scope)} == 0 unless on(instance) (time() - ${started} < ${seconds(settings.startGrace)})`,
    lasts: promTime(settings.missingFor),
    summary: `A replica of ${name} ({{ $labels.instance }}) runs, but is not ready for requests.`,
    next: `Its log says what it waits for: ${command(watched, `logs -- ${name} --tail 50`)}.`,
  });
  return [alert];
}

/** One replica ends and is started again and again. */
function restartLoop(watched: Watched, part: Observed): Alert[] {
  if (part.kind !== "server" && part.kind !== "step" && part.kind !== "ranks") return [];
  const { name } = part.target;
  const { scope, settings } = watched;
  const started = startOf(part, scope);
  const again = restartsOf(part, scope);
  // One that comes back under another address is another series, and the one before has ended: so does a deployment, once for each.
  const all = `sum(${again}) + count(last_over_time(${started}[10m])) - count(${started})`;
  const what = part.kind === "ranks" ? `Ranks of ${name} were` : declaredOf(part) === 1 ? `${name} was` : `Replicas of ${name} were`;
  const alert = alertOf(watched, name, {
    alert: "RestartLoop",
    severity: part.kind === "ranks" ? "critical" : "warning",
    expr: `max(${again}) >= ${settings.restarts} or (${all}) >= ${settings.restarts + declaredOf(part)}`,
    summary: `${what} started again {{ $value }} times in 10 minutes.`,
    next: `Its last words: ${command(watched, `logs -- ${name} --previous --tail 50`)}.`,
  });
  return [alert];
}

/** Seconds in which ranks that a rank was lost of end, so that a moment without all of them says nothing yet. */
const ENDING = 20;

/** Some ranks train and others are missing. Where none has answered for a while, training has ended or is switched off. */
function ranksMissing(watched: Watched, part: RanksPart): Alert {
  const { name } = part.target;
  const declared = declaredOf(part);
  const there = `(count(${answering(part, watched.scope)} == 1))`;
  const missing = seconds(watched.settings.missingFor);
  return alertOf(watched, name, {
    alert: "RanksMissing",
    severity: "critical",
    // Ranks that wait for a lost one end, and come back later each time, so that now and then none is there: what counts is that no moment
    // of all that time had all of them, and not that each had some.
    expr: `max_over_time(${there}[${missing + ENDING}s:5s]) < ${declared} and on() max_over_time(${there}[${missing}s:5s]) and on() (${expected(watched, part, declared)})`,
    summary: `Of ${name}, {{ $value }} of ${declared} ranks are there: training waits for the others.`,
    next: `See which one is missing and why: ${command(watched, "status --")}, and ${command(watched, `logs -- ${name} --previous --tail 50`)}.`,
  });
}
