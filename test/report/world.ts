/** One container or pod. */
export interface Copy {
  /** Another one where it was made or started again. */
  readonly id: string;
  readonly cpu: number;
  readonly memory: number;
  readonly rights: readonly string[];
}

/** What runs under one name of the program. */
export interface Runs {
  readonly noun: "service" | "gang" | "job";
  readonly copies: readonly Copy[];
  /** Ways in from outside, each with how many can use it: 0 the machine, 1 its network, 2 the world. */
  readonly openings: Readonly<Record<string, number>>;
}

/** What an engine has of a stack at one time. */
export interface World {
  readonly runs: Readonly<Record<string, Runs>>;
  /** When each volume was made, by name. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** Every danger that came true between two times, as a report names it but without the section. @param away services of which nothing ran at some time */
export function whatHappened(before: World, after: World, away: ReadonlySet<string>): string[] {
  const names = Object.keys(before.runs);
  const added = Object.keys(after.runs).filter((name) => !names.includes(name));
  const lost = Object.keys(before.volumes).filter((name) => after.volumes[name] !== before.volumes[name]);
  return [
    ...lost.map((name) => `data-loss ${name}`),
    ...[...names, ...added].flatMap((name) =>
      happenedTo(before.runs[name], after.runs[name], away.has(name)).map((kind) => `${kind} ${name}`),
    ),
  ].sort();
}

function happenedTo(before: Runs | undefined, after: Runs | undefined, wasAway: boolean): string[] {
  const [was, is] = [before?.copies ?? [], after?.copies ?? []];
  const renewed = was.length > 0 && is.length > 0 && !was.some(({ id }) => is.some((one) => one.id === id));
  const opened = reached(after).filter((reach, index) => reach > (reached(before)[index] ?? 0)).length > 0;
  const closed = Object.keys(before?.openings ?? {}).some((opening) => !(opening in (after?.openings ?? {})));
  const rights = is.flatMap((one) => one.rights).filter((right) => !was.some((one) => one.rights.includes(right)));
  const less = was.length > 0 && is.length > 0 && (is.length < was.length || smaller(was, is, "cpu") || smaller(was, is, "memory"));
  const noun = (before ?? after)?.noun;
  return [
    ...(noun === "service" && was.length > 0 && (wasAway || closed) ? ["downtime"] : []),
    ...(noun === "gang" && was.length > 0 && is.length === 0 ? ["training-stops"] : []),
    ...(noun === "gang" && renewed ? ["training-restarts"] : []),
    ...(noun === "job" && renewed ? ["job-runs-again"] : []),
    ...(opened ? ["reachable-by-more"] : []),
    ...(rights.length > 0 ? ["privilege-up"] : []),
    ...(less && noun !== "job" ? ["capacity-down"] : []),
  ];
}

/** How many ways in each circle of users has. */
function reached(runs: Runs | undefined): number[] {
  return [0, 1, 2].map((reach) => Object.values(runs?.openings ?? {}).filter((one) => one >= reach).length);
}

function smaller(was: readonly Copy[], is: readonly Copy[], what: "cpu" | "memory"): boolean {
  return Math.max(...is.map((one) => one[what])) < Math.max(...was.map((one) => one[what]));
}
