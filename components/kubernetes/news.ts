import type { Cluster } from "./cluster.ts";

/** Shortest pause between two looks, in milliseconds: a controller writes a status several times in a row. */
const LEAST = 20;

/** Objects of one list of the API. */
export interface Watched {
  readonly list: string;
  readonly query: Readonly<Record<string, string>>;
}

/** The object at a path of the API. */
export function objectAt(path: string): Watched {
  const at = path.lastIndexOf("/");
  return { list: path.slice(0, at), query: { fieldSelector: `metadata.name=${path.slice(at + 1)}` } };
}

/**
 * News of objects: a wait looks again when one has changed, which the API server reports at once, and not only at its next look. Where
 * they may not be watched, or a connection ends, there is none, and waits look as often as they would without.
 */
export class News {
  private readonly cluster: Cluster;
  private readonly watched: readonly Watched[];
  private readonly over = new AbortController();
  private isOpen = false;
  private isFresh = false;
  private wake = () => {};

  constructor(cluster: Cluster, ...watched: readonly Watched[]) {
    this.cluster = cluster;
    this.watched = watched;
  }

  /** Resolves when an object has changed since the last time, and at the latest after so many milliseconds. The first call begins to watch. */
  async within(milliseconds: number): Promise<void> {
    if (!this.isOpen) for (const one of this.watched) void this.open(one);
    this.isOpen = true;
    await new Promise((resolve) => setTimeout(resolve, LEAST));
    if (!this.isFresh)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds - LEAST);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.isFresh = false;
  }

  /** Ends the connections. */
  end(): void {
    this.over.abort();
  }

  private async open({ list, query: selected }: Watched): Promise<void> {
    const query = { watch: "true", ...selected };
    try {
      const changes = await this.cluster.stream("GET", list, { query, silence: "allowed", signal: this.over.signal });
      // What has changed is read by the wait itself.
      for await (const _ of changes) {
        this.isFresh = true;
        this.wake();
      }
    } catch {
      // Refused, broken or ended: whoever waits looks now and then.
    }
  }
}
