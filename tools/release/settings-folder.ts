import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { lives } from "../lib/pid-file.ts";

/** What the `docker` command keeps in `config.json`, as far as it matters here. */
interface Settings {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Begins the name of every folder that a release needs for a while; the number of its process follows. */
export const TEMPORARY = "mlstack-release-";
/** Parts of the user's folder that are only read: programs that extend `docker`, and the engines it may speak to. */
const SHARED = ["cli-plugins", "contexts"];
/** Names under which `docker` keeps a login to its own registry. */
const DOCKER_HUB = ["docker.io", "index.docker.io", "https://index.docker.io/v1/"];

/** A copy of the user's Docker settings that only this user can read. */
export class SettingsFolder {
  readonly path: string;

  constructor() {
    removeLeftovers();
    this.path = mkdtempSync(join(tmpdir(), `${TEMPORARY}${process.pid}-`));
    chmodSync(this.path, 0o700);
    const own = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
    for (const name of SHARED) if (existsSync(join(own, name))) symlinkSync(join(own, name), join(this.path, name));
    if (existsSync(join(own, "config.json"))) this.write(JSON.parse(readFileSync(join(own, "config.json"), "utf8")));
  }

  /**
   * Has the next login to `host` written into this folder. An empty helper says "the file": else the password would go
   * into the user's keychain, where one is set up or only found, and stay there.
   */
  keepLoginHere(host: string): void {
    const { auths = {}, credHelpers = {}, ...others } = this.read();
    const names = DOCKER_HUB.includes(host) ? DOCKER_HUB : [host];
    this.write({
      ...others,
      auths: Object.fromEntries(Object.entries(auths).filter(([name]) => !names.includes(name))),
      credHelpers: { ...credHelpers, ...Object.fromEntries(names.map((name) => [name, ""])) },
    });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private read(): Settings {
    const file = join(this.path, "config.json");
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  }

  private write(settings: Settings): void {
    writeFileSync(join(this.path, "config.json"), JSON.stringify(settings), { mode: 0o600 });
  }
}

/** A command that was killed could not remove its folder, which may hold a login. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${TEMPORARY}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !lives(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
