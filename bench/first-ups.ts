import { type Cost, median, spread } from "./measure.ts";
import { type Project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";

/** The same system without Pulumi. */
export interface Peer {
  /** Its command, as the table names it. */
  readonly command: string;
  /** A word for the progress lines. */
  readonly name: string;
  /** From nothing until it is ready. */
  up(): Promise<Cost>;
  /** Once more, when there is nothing to do. */
  again(): Promise<Cost>;
  /** Back to nothing, for the next one as well. */
  clear(): Promise<unknown>;
}

/** A stack from nothing, by Pulumi and by its peer in turns, and what it costs to find that nothing is to be done. */
export async function firstUps(stack: Project, peer: Peer): Promise<string[]> {
  const costs: Record<"ups" | "previews" | "peers" | "again", Cost[]> = { ups: [], previews: [], peers: [], again: [] };
  await rounds("dev stack", ROUNDS, async () => {
    const up = await stack.run("up", "--yes", "--skip-preview");
    costs.previews.push(await stack.run("preview", "--expect-no-changes"));
    await stack.run("destroy", "--yes", "--skip-preview");
    await peer.clear();
    const first = await peer.up();
    costs.again.push(await peer.again());
    await peer.clear();
    costs.ups.push(up);
    costs.peers.push(first);
    return `Pulumi ${up.seconds.toFixed(1)} s, ${peer.name} ${first.seconds.toFixed(1)} s`;
  });
  const ratio = median(secondsOf(costs.ups)) / median(secondsOf(costs.peers));
  return [
    `| first \`pulumi up\` of the dev stack, s | ${spread(secondsOf(costs.ups))} |`,
    `| first ${peer.command} of the same, s | ${spread(secondsOf(costs.peers))} |`,
    `| ratio | ${ratio.toFixed(2)} |`,
    `| \`pulumi preview\`, no changes, s | ${spread(secondsOf(costs.previews))} |`,
    `| second ${peer.command}, s | ${spread(secondsOf(costs.again))} |`,
    `| largest process of the preview, MB | ${spread(megabytesOf(costs.previews))} |`,
  ];
}

export function secondsOf(costs: readonly Cost[]): number[] {
  return costs.map(({ seconds }) => seconds);
}

export function megabytesOf(costs: readonly Cost[]): number[] {
  return costs.map(({ megabytes }) => megabytes);
}
