import { createHash } from "node:crypto";

import type { Answer, AskOptions, Docker, Login } from "../../tools/release/docker-client.ts";

interface Remote {
  readonly Descriptor: { readonly digest: string; readonly platform: { readonly os: string; readonly architecture: string } };
  readonly SchemaV2Manifest: { readonly config: { readonly size: number }; readonly layers: readonly { readonly size: number }[] };
}

/** A `docker` command with an engine and a registry that only remember. */
export class FakeDocker implements Docker {
  /** Every command, as it would be typed. */
  readonly calls: string[] = [];
  readonly logins: Login[] = [];
  /** Platform of every image on the engine. */
  readonly held = new Map<string, string>();
  /** Images behind every reference at the registry. */
  readonly remote = new Map<string, Remote[]>();
  /** Answers in the place of the usual ones. */
  instead: (args: readonly string[]) => Partial<Answer> | undefined = () => undefined;
  closed = false;

  /** The commands that change something, without what leads nowhere. */
  get done(): string[] {
    return this.calls.filter((call) => /^(build|push|manifest (create|push))/.test(call));
  }

  async ask(args: readonly string[], { onLine }: AskOptions = {}): Promise<Answer> {
    this.calls.push(args.join(" "));
    const answer = { code: 0, out: "", text: "", ...(this.instead(args) ?? this.answer(args)) };
    const text = answer.text === "" ? answer.out : answer.text;
    for (const line of text.split("\n")) onLine?.(line);
    return { ...answer, text };
  }

  async login(_host: string, login: Login): Promise<Answer> {
    this.logins.push(login);
    return { code: 0, out: "Login Succeeded", text: "Login Succeeded" };
  }

  close(): void {
    this.closed = true;
  }

  /** Puts an image under a reference of the registry. */
  offer(reference: string, ...platforms: string[]): void {
    this.remote.set(
      reference,
      platforms.map((platform) => image(reference, platform)),
    );
  }

  private answer(args: readonly string[]): Partial<Answer> {
    const reference = args.findLast((arg) => !arg.startsWith("-")) ?? "";
    const after = (flag: string) => args[args.indexOf(flag) + 1] ?? "";
    switch (args[0] === "manifest" || args[0] === "image" ? `${args[0]} ${args[1]}` : args[0]) {
      case "info":
        return { out: JSON.stringify({ OSType: "linux", Architecture: "x86_64", Name: "elsewhere", KernelVersion: "6.1.0" }) };
      case "build":
        this.held.set(after("--tag"), after("--platform"));
        return { out: "Step 1/1 : FROM scratch" };
      case "image inspect": {
        const platform = this.held.get(reference);
        return platform === undefined ? { code: 1, text: `No such image: ${reference}` } : { out: `${platform}\n` };
      }
      case "push":
        this.offer(reference, this.held.get(reference) ?? "");
        return {};
      case "manifest inspect": {
        const found = this.remote.get(reference);
        if (found === undefined) return { code: 1, text: `no such manifest: ${reference}` };
        return { out: JSON.stringify(args.includes("--verbose") && found.length > 1 ? found : found[0]) };
      }
      case "manifest create": {
        const [list = "", ...parts] = args.slice(2).filter((arg) => !arg.startsWith("-"));
        const all = [...this.remote.values()].flat();
        this.remote.set(
          `local ${list}`,
          parts.flatMap((part) => all.find(({ Descriptor }) => part.endsWith(Descriptor.digest)) ?? []),
        );
        return {};
      }
      case "manifest push":
        this.remote.set(reference, this.remote.get(`local ${reference}`) ?? []);
        return { out: digestOf(reference) };
      default:
        return { code: 1, text: `unknown command ${args.join(" ")}` };
    }
  }
}

/** The digest that the fake registry gives to what has a name. */
export function digestOf(name: string): string {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

function image(reference: string, platform: string): Remote {
  const [os = "", architecture = ""] = platform.split("/");
  return {
    Descriptor: { digest: digestOf(`${reference} ${platform}`), platform: { os, architecture } },
    SchemaV2Manifest: { config: { size: 1_000 }, layers: [{ size: 1_500_000 }, { size: 2_000_000 }] },
  };
}
