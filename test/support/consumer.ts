import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

import { cacheFolder } from "../../tools/lib/folders.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm pack --json` reports of the one package. */
const packed = z.tuple([z.object({ filename: z.string(), size: z.int(), files: z.array(z.object({ path: z.string(), mode: z.int() })) })]);

export type Tarball = z.output<typeof packed>[0] & { readonly path: string };

/** How a program ended. */
interface Outcome {
  readonly code: number;
  readonly text: string;
}

/** A folder outside the checkout with a Pulumi project of its own, into which the packed library is installed. */
export class Consumer {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "mlstack-consumer-"));
    this.write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Packs the library as `npm pack` in a checkout does. The checkout itself stays as it is: other tests read it meanwhile. */
  async pack(): Promise<Tarball> {
    const copy = join(this.folder, ".checkout");
    cpSync(ROOT, copy, { recursive: true, filter: (path) => !/\/(node_modules|dist|\.git)(\/|$)/.test(path.slice(ROOT.length - 1)) });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const [report] = packed.parse(JSON.parse(await this.must("npm", ["pack", "--json", "--loglevel=error"], copy)));
    return { ...report, path: join(copy, report.filename) };
  }

  /** Installs packages as a user does; what is in the cache is not fetched again. */
  install(...packages: readonly string[]): Promise<string> {
    const cache = ["--cache", join(cacheFolder(), "npm"), "--prefer-offline"];
    return this.must("npm", ["install", ...cache, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...packages]);
  }

  /** Places of a package below `node_modules`: more than one where npm installed several copies. */
  copiesOf(name: string): string[] {
    const modules = join(this.folder, "node_modules");
    return readdirSync(modules, { recursive: true, encoding: "utf8" }).filter((path) => `/${path}`.endsWith(`/${name}/package.json`));
  }

  /** Runs Pulumi on a state of the project's own. */
  pulumi(...args: readonly string[]): Promise<Outcome> {
    const state = join(this.folder, ".state");
    mkdirSync(state, { recursive: true });
    const env = { PULUMI_BACKEND_URL: `file://${state}`, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
    return run("pulumi", [...args, "--non-interactive", "--color", "never"], this.folder, env);
  }

  run(program: string, args: readonly string[]): Promise<Outcome> {
    return run(program, args, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async must(program: string, args: readonly string[], cwd = this.folder): Promise<string> {
    const { code, text } = await run(program, args, cwd);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")}\n${text}`);
    return text;
  }
}

/** The first block of a language in a document. */
export function blockIn(document: string, language: string): string {
  const text = readFileSync(join(ROOT, document), "utf8");
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(text)?.[1];
  if (block === undefined) throw new Error(`${document} has no block of ${language}`);
  return block;
}

/** Runs a program to its end. What it printed is the text, standard error only where it failed. */
function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve(error === null ? { code: 0, text: stdout } : { code: Number(error.code ?? 1), text: `${stdout}${stderr}` });
    });
  });
}
