import { median, spread } from "./measure.ts";
import { type Project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";

/** What each further `unit` costs a preview that changes nothing. @param of a stack with so many of them */
export async function scaling(unit: string, sizes: readonly number[], of: (size: number) => Promise<Project>): Promise<string[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    process.stderr.write(`• ${size} ${unit}s\n`);
    const stack = await of(size);
    await stack.run("up", "--yes", "--skip-preview");
    const seconds: number[] = [];
    await rounds(`preview of ${size} ${unit}s`, ROUNDS, async () => {
      const one = await stack.run("preview", "--expect-no-changes");
      seconds.push(one.seconds);
      return `${one.megabytes.toFixed(0)} MB`;
    });
    await stack.run("destroy", "--yes", "--skip-preview");
    points.push({ size, seconds });
  }
  const rows = points.map(({ size, seconds }) => `| preview of ${size} ${unit}s, no changes, s | ${spread(seconds)} |`);
  return [...rows, ...points.slice(1).map((point, index) => marginal(unit, points[index] ?? point, point))];
}

interface Point {
  readonly size: number;
  readonly seconds: readonly number[];
}

function marginal(unit: string, from: Point, to: Point): string {
  const each = (1000 * (median(to.seconds) - median(from.seconds))) / (to.size - from.size);
  return `| each further ${unit}, ${from.size} to ${to.size}, ms | ${each.toFixed(1)} |`;
}
