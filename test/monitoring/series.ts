/** A number of a series at a time; `undefined` where the scrape brought nothing, `stale` where the series has ended. */
export type Value = number | undefined | "stale";

/** When the tests of vmalert-tool begin, in seconds since 1970. */
export const BEGIN = 946_684_800;

/** What a series is at each second of a test. */
export type Course = (second: number) => Value;

/** The values of a course as vmalert-tool reads them: whole numbers, equal ones and those of equal distance in short. */
export function valuesOf(course: Course, interval: number, until: number): string {
  const all = Array.from({ length: Math.floor(until / interval) + 1 }, (_, at) => course(at * interval));
  const words: string[] = [];
  for (let at = 0; at < all.length; ) {
    const length = runFrom(all, at);
    const [first, second] = [all[at], all[at + 1]];
    if (typeof first !== "number") words.push(...Array.from({ length }, () => (first === undefined ? "_" : first)));
    else if (length === 1) words.push(String(first));
    else words.push(stepped(first, Number(second) - first, length));
    at += length;
  }
  return words.join(" ");
}

function stepped(first: number, step: number, length: number): string {
  return `${first}${step < 0 ? "-" : "+"}${Math.abs(step)}x${length - 1}`;
}

/** How many values from there on go on by the same step. */
function runFrom(all: readonly Value[], from: number): number {
  const [first, second] = [all[from], all[from + 1]];
  if (typeof first !== "number" || typeof second !== "number") return 1;
  const step = second - first;
  let end = from + 1;
  while (end + 1 < all.length) {
    const [one, next] = [all[end], all[end + 1]];
    if (typeof one !== "number" || typeof next !== "number" || next - one !== step) break;
    end += 1;
  }
  return end - from + 1;
}

/** The same at all times. */
export const always =
  (value: Value): Course =>
  () =>
    value;

/** A counter that grows by so much a second. */
export const grows =
  (perSecond: number): Course =>
  (second) =>
    1000 + perSecond * second;

/** Another course between two seconds. */
export function between(from: number, to: number, then: Course, otherwise: Course): Course {
  return (second) => (second >= from && second < to ? then(second) : otherwise(second));
}
