import { basename } from "node:path";
import { count, type Mistake, mistakeLines } from "../../components/workload/mistakes.ts";
import { registryOf } from "../../components/workload/reference.ts";
import { Interruption } from "../lib/interruption.ts";
import { Problem } from "../lib/problem.ts";
import { basesOf } from "../release/base.ts";
import { readDefinition } from "../release/definition.ts";
import { type Docker, DockerClient, Interrupted, loginOf } from "../release/docker-client.ts";
import { engineOf, platformMistakes } from "../release/engine.ts";
import { publish, versionsAt } from "../release/publish.ts";
import { Registry } from "../release/registry.ts";
import { plan, report } from "../release/report.ts";

/** What the command line says. */
export interface ReleaseOptions {
  /** In the place of the file's. */
  readonly registry?: string;
  readonly version?: string;
  /** Says what would be built and pushed, and does nothing. */
  readonly dryRun?: boolean;
  /** Replaces a version that is at the registry. */
  readonly overwrite?: boolean;
  /** The registry is spoken to without TLS, or with a certificate that is not trusted. */
  readonly insecure?: boolean;
}

/**
 * Builds the images of a definition file for every platform, pushes them to a customer's registry under a fixed version,
 * and says by which digests they are run from there. Every check comes before the first build, and the version appears
 * only once all of its images are there: a release that failed is completed by the same command.
 *
 * @param start makes the `docker` command, which ends with the signal
 */
export async function release(
  file: string,
  options: ReleaseOptions = {},
  start: (stop: AbortSignal) => Docker = (stop) => new DockerClient(stop),
): Promise<number> {
  const interruption = new Interruption();
  const stop = new AbortController();
  interruption.onInterrupt(() => stop.abort());
  interruption.listenToSignals();
  const docker = start(stop.signal);
  try {
    const { definition, login } = await checked(file, options, docker);
    if (options.dryRun === true) {
      process.stdout.write(plan(definition));
      return 0;
    }
    const { overwrite = false, insecure = false } = options;
    const registry = new Registry(docker, insecure ? [registryOf(`${definition.registry}/`)] : []);
    const there = await versionsAt(registry, definition, login, overwrite);
    const bases = await basesOf(definition, docker, registry);
    if (Array.isArray(bases)) refuse(file, bases);
    else process.stdout.write(report(await publish(definition, { docker, registry, bases, there, overwrite })));
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write("The release was interrupted; the same command completes it.\n");
    return interruption.cause?.code ?? 1;
  } finally {
    docker.close();
    interruption.close();
  }
}

/** The definition, once nothing is wrong with it, the login, or the engine for its platforms. */
async function checked(file: string, options: ReleaseOptions, docker: Docker) {
  const { definition, mistakes, platforms, images } = readDefinition(file, { registry: options.registry, version: options.version });
  const login = loginOf(process.env);
  const half =
    login !== undefined && "missing" in login ? [{ path: login.missing, message: "is required with the other half of the login" }] : [];
  const wrong = [...mistakes, ...half];
  const engine = await engineOf(docker).catch((error: unknown) => {
    // The file's mistakes are there with or without an engine.
    if (error instanceof Problem) refuse(file, wrong);
    throw error;
  });
  refuse(file, [...wrong, ...platformMistakes(platforms, images, engine)]);
  if (definition === undefined || (login !== undefined && "missing" in login)) throw new Error("unreachable: a mistake was reported");
  return { definition, login };
}

function refuse(file: string, mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0)
    throw new Problem(`${basename(file)}: ${count(mistakes.length, "mistake")}; nothing was built\n${mistakeLines(mistakes)}`);
}
