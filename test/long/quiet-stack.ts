import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

import type { Pages } from "../support/monitoring.ts";
import { freePort, TestStack } from "../support/stack.ts";
import { type Raised, raisedAt } from "./raised.ts";

/** A server without numbers, as each Debian image can run it: one request after the other. */
const ANSWERS =
  '$s=IO::Socket::INET->new(LocalPort=>8000,Listen=>50,ReuseAddr=>1) or die; while($c=$s->accept){while(<$c>){last if /^\\r?$/} print $c "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n"; close $c}';

/** Milliseconds between two requests of the traffic. */
const BETWEEN = 200;

/**
 * Features, four ranks that train for days, a server behind TLS and monitoring with all its programs, on this machine's engine; a receiver of alerts on
 * this machine, and light traffic.
 */
export class QuietStack {
  /** What the receiver was sent, by the names of alerts. */
  readonly received: string[] = [];
  /** What became of the requests, by status or error. */
  readonly answers: Record<string, number> = {};
  private readonly stack: TestStack;
  private readonly ports: Readonly<Record<"features" | "edge" | "metrics" | "alerts" | "logs", number>>;
  private readonly receiver: Server;
  private traffic: NodeJS.Timeout | undefined;

  private constructor(stack: TestStack, ports: QuietStack["ports"]) {
    this.stack = stack;
    this.ports = ports;
    this.receiver = createServer(async (request, response) => {
      const { alerts } = (await json(request)) as { alerts: { labels: { alertname: string } }[] };
      this.received.push(...alerts.map(({ labels }) => labels.alertname));
      response.end();
    });
  }

  /** Deploys it; resolves when all of it is up. */
  static async start(name: string): Promise<QuietStack> {
    const stack = await TestStack.create(name);
    const [features, edge, metrics, alerts, logs] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
    const made = new QuietStack(stack, { features, edge, metrics, alerts, logs });
    try {
      await made.deploy();
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  get pages(): Required<Pages> {
    const at = (part: "metrics" | "alerts" | "logs") => `http://127.0.0.1:${this.ports[part]}`;
    return { metrics: at("metrics"), alerts: at("alerts"), logs: at("logs") };
  }

  raised(): Promise<Raised[]> {
    return raisedAt(this.pages.alerts);
  }

  /** Stops a container, as an operator would. */
  stop(name: string): Promise<unknown> {
    return this.stack.container(name).stop({ t: 1 });
  }

  /** Mebibytes of resident memory of each program of monitoring. */
  async memory(): Promise<Record<string, number>> {
    // Others than those with a number carry files, and do not run.
    const names = Object.keys(await this.stack.ids()).filter((name) => /^monitoring-.*-\d+$/.test(name));
    const sizes: Record<string, number> = {};
    for (const name of names) {
      const { Processes } = await this.stack.container(name).top({ ps_args: "-o pid,rss" });
      sizes[name] = Math.round(Processes.reduce((sum: number, [, size]: string[]) => sum + Number(size), 0) / 1024);
    }
    return sizes;
  }

  async remove(): Promise<void> {
    clearInterval(this.traffic);
    this.receiver.close();
    await this.stack.remove();
  }

  private async deploy(): Promise<void> {
    // Where containers reach this machine: an engine that was just installed names the network alone, whose first address it takes.
    const { IPAM } = await this.stack.docker.getNetwork("bridge").inspect();
    const { Gateway, Subnet = "" } = IPAM?.Config?.[0] ?? {};
    const host = Gateway ?? Subnet.replace(/0\/\d+$/, "1");
    await new Promise<void>((resolve) => this.receiver.listen(0, host, resolve));
    const { port } = this.receiver.address() as AddressInfo;
    const small = { cpu: 0.3, memory: "192Mi" };
    this.stack.configure({
      platform: { kind: "docker", prefix: this.stack.prefix },
      features: { accounts: 1000, transactions: 4000, publish: { port: this.ports.features } },
      training: { nodes: 4, epochs: 90_000, env: { EPOCH_SECONDS: "5" } },
      serving: {
        pages: {
          image: process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim",
          server: { command: ["perl", "-MIO::Socket::INET", "-e", ANSWERS], resources: small, readyPath: "/ready" },
          edge: { tls: { selfSigned: true } },
          publish: { port: this.ports.edge },
        },
      },
      monitoring: {
        metrics: { port: this.ports.metrics },
        alerts: { port: this.ports.alerts },
        logs: { port: this.ports.logs },
        receivers: { webhook: { outside: { addresses: `${host}/32`, port } } },
      },
    });
    const url = ["--secret", "--path", "mlstack:monitoring.receivers.webhook.url", `http://${host}:${port}/`];
    await this.stack.pulumi(["config", "set", ...url]);
    const { code, text } = await this.stack.up();
    if (code !== 0) throw new Error(text);
    this.traffic = setInterval(() => void this.ask(), BETWEEN);
  }

  /** One request, whatever comes of it. */
  private async ask(): Promise<void> {
    const options = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"id":5}',
      signal: AbortSignal.timeout(5000),
    };
    const outcome = await fetch(`http://127.0.0.1:${this.ports.features}/predict`, options).then(
      async (answer) => {
        await answer.text();
        return String(answer.status);
      },
      (error: Error) => error.name,
    );
    this.answers[outcome] = (this.answers[outcome] ?? 0) + 1;
  }
}
