import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";

import { selfSigned } from "../../components/gateway/self-signed.ts";
import { REFERENCE_IMAGES } from "../../components/reference-images.ts";
import { textOf } from "../../infra/layers/path.ts";
import { replaceSecrets, secretPlaces, secretsIn } from "../../infra/secrets.ts";
import { stackSettings } from "../../infra/stack.ts";
import { run } from "../../tools/lib/run.ts";
import { markdownFor } from "../../tools/report/markdown.ts";
import { report } from "../../tools/report/schema.ts";
import { textFor } from "../../tools/report/text.ts";
import { Commands } from "../interrupted/commands.ts";
import { freePort, type TestStack } from "../support/stack.ts";
import { settingsWithCanaries, shownIn } from "./canaries.ts";

/** An engine on which a stack with a secret in every place is to be deployed. */
export interface Engine {
  readonly kind: "docker" | "kubernetes";
  readonly stack: TestStack;
  /** What the stack says of the platform on this engine besides. */
  readonly platform: object;
  /** Where images go, on a cluster. */
  readonly registry?: string;
  /** A port that is free there. */
  readonly port: number;
  /** What the engine itself has been given of the stack's secrets. */
  given(): Promise<string>;
  remove(): Promise<void>;
}

/** An image in which none of the stack's programs is, so that a deployment fails when much of it is there. */
const WITHOUT_PROGRAMS = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
const PLACES = secretPlaces(stackSettings);
const CANARY = /Canary(?:\+\/|%2B%2F)[\w+/%]{20,}(?:=|%3D)/g;

/**
 * The commands of a user on a real engine, with a secret in every place: nothing that they print, keep or leave shows one.
 *
 * @param fails whether a deployment is tried that fails: a cluster gives up on images without the stack's programs after minutes only
 */
export function noSecretShown(create: () => Promise<Engine>, fails = true): void {
  let engine: Engine;
  let settings: object;
  let secrets: string[];

  beforeAll(async () => {
    engine = await create();
    const { stack, kind } = engine;
    const all = settingsWithCanaries(kind, await selfSigned(["shop.example.com"]));
    const serving = { fraud: { ...all.serving.fraud, publish: { port: engine.port } } };
    const [metrics, logs, alerts] = [{ port: await freePort() }, { port: await freePort() }, { port: await freePort() }];
    const monitoring = { ...all.monitoring, metrics, logs, alerts };
    const registry = engine.registry === undefined ? {} : { registry: { ...Object(all.platform).registry, address: engine.registry } };
    settings = { ...all, platform: { ...all.platform, ...engine.platform, ...registry }, serving, monitoring };
    secrets = secretsIn(settings, PLACES).flatMap(({ value }) => formsIn(String(value)));
    stack.variables["TMPDIR"] = join(stack.home, "tmp");
    mkdirSync(join(stack.home, "tmp"));
    await new Commands(stack).begin();
    await good("stack", "init", stack.name);
    await configure(settings);
  });
  afterAll(() => engine?.remove());

  async function good(...words: string[]): Promise<string> {
    const { code, text } = await engine.stack.pulumi(words);
    expect(code, text).toBe(0);
    return text;
  }

  /** Writes settings whose secrets Pulumi has encrypted. */
  async function configure(next: object): Promise<void> {
    const { stack } = engine;
    const open = replaceSecrets(next, PLACES, () => "later");
    const config = Object.fromEntries(Object.entries(open).map(([key, value]) => [`mlstack:${key}`, value]));
    writeFileSync(join(stack.folder, stack.file), stringify({ config }, { aliasDuplicateObjects: false }));
    const words = secretsIn(next, PLACES).flatMap(({ path, value }) => ["--secret", `mlstack:${indexed(next, path)}=${String(value)}`]);
    await good("config", "set-all", "--path", ...words);
  }

  /** One of this project's commands on the stack. */
  async function mlstack(command: string, ...words: string[]) {
    const { stack } = engine;
    const project = join(stack.home, "project");
    const env = { ...stack.environment, CI: "true" };
    return run(process.execPath, [join(project, "tools", "cli.ts"), command, ...words], { cwd: project, env });
  }

  /** A company's settings of the policy pack: what is checked is not what this stack keeps. */
  function lenient(): string {
    const file = join(engine.stack.home, "company.json");
    writeFileSync(file, JSON.stringify({ all: "advisory" }));
    return file;
  }

  const shown = (text: string) => shownIn(text, secrets);

  test("by a preview, its plan, and a report in each of its forms", async () => {
    const { stack } = engine;
    // All of them are there to be shown.
    expect(shown(await good("config", "--show-secrets", "--json"))).toEqual(secrets);
    const plan = join(stack.home, "plan.json");
    expect(shown(await good("preview", "--diff", "--save-plan", plan))).toEqual([]);
    expect(shown(readFileSync(plan, "utf8"))).toEqual([]);
    const { code, output, text } = await mlstack(
      "report",
      "--stack",
      stack.name,
      "--json",
      "--policy",
      "policy",
      "--policy-config",
      lenient(),
    );
    expect(code, text).toBe(0);
    expect(shown(text)).toEqual([]);
    const one = report.parse(JSON.parse(output));
    expect(one.counts["made"]).toBeGreaterThan(10);
    expect(shown([textFor(one, true), markdownFor(one)].join("\n"))).toEqual([]);
  });

  if (!fails) return;
  test("by a deployment by approval that fails, and by what it leaves behind", async () => {
    const { stack } = engine;
    const images = Object.fromEntries(REFERENCE_IMAGES.map((name) => [name, WITHOUT_PROGRAMS]));
    const { pipeline: _, serving, ...others } = Object(settings);
    await configure({ ...others, images, serving: { fraud: { ...serving.fraud, image: WITHOUT_PROGRAMS } } });
    const approved = await mlstack("report", "--stack", stack.name, "--json");
    expect(approved.code, approved.text).toBe(0);
    const file = join(stack.home, "report.json");
    writeFileSync(file, approved.output);
    const { code, text } = await mlstack("apply", "--approved", file);
    expect(code).not.toBe(0);
    expect(text).toMatch(/the deployment ended early/);
    expect(shown(text)).toEqual([]);
    expect(shown(await engine.given())).not.toEqual([]);
    for (const left of filesIn(stack.home)) expect(shown(readFileSync(left, "latin1")), left).toEqual([]);
  });
}

/** A secret as a whole, and what of it would give it away alone: the lines of a key, a password in a URL or in a file. */
function formsIn(secret: string): string[] {
  const lines = secret.includes("PRIVATE KEY") ? secret.split("\n").filter((line) => line.length > 40) : [];
  const inside = [...secret.matchAll(CANARY)].map(([canary]) => decodeURIComponent(canary));
  return [...new Set([secret, ...lines, ...inside])];
}

/** A path as Pulumi writes it: a place in a list is a number. */
function indexed(values: object, path: readonly string[]): string {
  return path.reduce((text, key, depth) => {
    const holder = path.slice(0, depth).reduce<unknown>((inner, one) => Reflect.get(Object(inner), one), values);
    return Array.isArray(holder) ? `${text}[${key}]` : depth === 0 ? textOf([key]) : `${text}.${textOf([key])}`;
  }, "");
}

/** Every file that the commands may have written: the state with its history, settings, and what is left of temporary ones. */
function filesIn(home: string): string[] {
  return ["state", "tmp"].flatMap((folder) =>
    readdirSync(join(home, folder), { recursive: true, encoding: "utf8" })
      .map((name) => join(home, folder, name))
      .filter((path) => statSync(path).isFile()),
  );
}
