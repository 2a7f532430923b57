import { get } from "node:https";
import { setTimeout as after } from "node:timers/promises";

import { selfSigned } from "../../components/gateway/self-signed.ts";
import type { KeyPair } from "../../components/gateway/tls.ts";
import { freePort, TestStack, until } from "../support/stack.ts";
import { type Raised, raisedAt } from "./raised.ts";

/** Images of `workloads/`, by name. */
export type Images = Readonly<Record<"python" | "gateway" | "redis" | "monitoring", string>>;

/** Milliseconds between two requests of the traffic. */
const BETWEEN = 50;

/** `monitored/program.ts` on this machine's engine: fakes that say what they are told, and real monitoring. */
export class FakeStack {
  private readonly stack: TestStack;
  private readonly images: Images;
  private readonly ports: { readonly gateway: number; readonly metrics: number; readonly alerts: number };
  private isOver = false;
  /** By days: another one each time would be another gateway. */
  private readonly certificates = new Map<number, KeyPair>();

  private constructor(stack: TestStack, images: Images, ports: FakeStack["ports"]) {
    this.stack = stack;
    this.images = images;
    this.ports = ports;
  }

  /** Deploys it; resolves when every rule has been evaluated. */
  static async start(name: string, images: Images): Promise<FakeStack> {
    const stack = await TestStack.create(name, { main: "test/long/monitored/program.ts" });
    const ports = { gateway: await freePort(), metrics: await freePort(), alerts: await freePort() };
    const made = new FakeStack(stack, images, ports);
    try {
      await made.deploy({});
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  get pages(): { readonly metrics: string; readonly alerts: string } {
    return { metrics: `http://127.0.0.1:${this.ports.metrics}`, alerts: `http://127.0.0.1:${this.ports.alerts}` };
  }

  /** Deploys with a certificate that is valid for so many days, and renews the replicas of `api` where it is another release. */
  async deploy({ certificateDays = 400, release = "1" }: { readonly certificateDays?: number; readonly release?: string }): Promise<void> {
    const tls = this.certificates.get(certificateDays) ?? (await validFor(certificateDays));
    this.certificates.set(certificateDays, tls);
    this.stack.configure({ faults: { prefix: this.stack.prefix, images: this.images, ports: this.ports, release, tls } });
    const { code, text } = await this.stack.up();
    if (code !== 0) throw new Error(text);
  }

  stop(name: string): Promise<unknown> {
    return this.stack.container(name).stop({ t: 1 });
  }

  start(name: string): Promise<unknown> {
    return this.stack.container(name).start();
  }

  pause(name: string): Promise<unknown> {
    return this.stack.container(name).pause();
  }

  unpause(name: string): Promise<unknown> {
    return this.stack.container(name).unpause();
  }

  /** Starts one again so many times, each long enough for its numbers to be read. */
  async restart(name: string, times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.stack.container(name).restart({ t: 1 });
      const started = Date.now();
      await until(`${name} is read again`, async () => Date.now() - started > 12_000);
    }
  }

  /** Makes a fake say something else. */
  async say(name: string, key: string, value: string): Promise<void> {
    const port = name.startsWith("trainer") ? 9400 : 8000;
    const ask = `import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:${port}/set?${key}=${value}").status)`;
    const said = await this.stack.exec(name, ["python", "-c", ask]);
    if (!said.includes("200")) throw new Error(`${name} did not take ${key}=${value}: ${said}`);
  }

  exec(name: string, command: readonly string[]): Promise<string> {
    return this.stack.exec(name, [...command]);
  }

  /** What is raised now. */
  raised(): Promise<Raised[]> {
    return raisedAt(this.pages.alerts);
  }

  async remove(): Promise<void> {
    this.isOver = true;
    await this.stack.remove();
  }

  /** Clients ask through the gateway until the run is over, whatever they are answered. Before, errors of one fault would be errors of the next. */
  async asks(): Promise<void> {
    void this.traffic();
  }

  /** One request, whose certificate nobody has signed but itself. */
  private ask(): Promise<void> {
    return new Promise((resolve) => {
      const options = { host: "127.0.0.1", port: this.ports.gateway, path: "/predict", rejectUnauthorized: false, timeout: 2000 };
      const request = get(options, (answer) => answer.resume().on("close", resolve));
      request.on("timeout", () => request.destroy()).on("error", () => resolve());
    });
  }

  private async traffic(): Promise<void> {
    while (!this.isOver) {
      await this.ask();
      await after(BETWEEN);
    }
  }
}

const DAY = 86_400_000;

/** A certificate that ends in so many days: a self-signed one is valid for years from when it was made, so one of the past ends sooner. */
async function validFor(days: number): Promise<KeyPair> {
  const made = await selfSigned(["localhost"]);
  const { X509Certificate } = await import("node:crypto");
  const whole = Date.parse(new X509Certificate(made.certificate).validTo) - Date.now();
  return selfSigned(["localhost"], new Date(Date.now() - whole + days * DAY));
}
