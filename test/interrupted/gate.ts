import { rmSync } from "node:fs";
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

/** A door in front of an engine or an API server: everything passes while it is open, and nothing once it is shut, as if what is behind had ended. */
export class Gate {
  private server: Server | undefined;
  private readonly near: string | number;
  private readonly far: NetConnectOpts;
  private readonly sockets = new Set<Socket>();

  /** @param near path of a socket, or port of this machine · @param far what is behind */
  constructor(near: string | number, far: NetConnectOpts) {
    this.near = near;
    this.far = far;
  }

  async open(): Promise<void> {
    if (this.server !== undefined) return;
    if (typeof this.near === "string") rmSync(this.near, { force: true });
    const server = createServer({ allowHalfOpen: true }, (near) => this.through(near));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      if (typeof this.near === "string") server.listen(this.near, resolve);
      else server.listen(this.near, "127.0.0.1", resolve);
    });
  }

  async shut(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private through(near: Socket): void {
    const far = connect({ ...this.far, allowHalfOpen: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.pipe(other);
      one.once("error", () => other.destroy());
      one.once("close", () => this.sockets.delete(one));
    }
  }
}
