import type { Cluster } from "./cluster.ts";

/** Shortest pause between two looks, in milliseconds: a controller writes a status several times in a row. */
const LEAST = 20;

/**
 * News of one object: a wait looks again when it has changed, which the API server reports at once, and not only at its next look. Where
 * it may not be watched, or the connection ends, there is none, and waits look as often as they would without.
 */
export class News {
  private readonly cluster: Cluster;
  private readonly list: string;
  private readonly name: string;
  private readonly over = new AbortController();
  private isOpen = false;
  private isFresh = false;
  private wake = () => {};

  /** @param path of the object in the API */
  constructor(cluster: Cluster, path: string) {
    const at = path.lastIndexOf("/");
    this.cluster = cluster;
    this.list = path.slice(0, at);
    this.name = path.slice(at + 1);
  }

  /** Resolves when the object has changed since the last time, and at the latest after so many milliseconds. The first call begins to watch it. */
  async within(milliseconds: number): Promise<void> {
    if (!this.isOpen) void this.open();
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

  /** Ends the connection. */
  end(): void {
    this.over.abort();
  }

  private async open(): Promise<void> {
    this.isOpen = true;
    const query = { watch: "true", fieldSelector: `metadata.name=${this.name}` };
    try {
      const changes = await this.cluster.stream("GET", this.list, { query, silence: "allowed", signal: this.over.signal });
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
