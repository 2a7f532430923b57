import type { Finding } from "../../components/workload/finding.ts";
import { isIssued, missingSecrets, setCommand } from "../../infra/check.ts";
import { createPlatform, examine, offlinePlatform } from "../../infra/platform.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { declareStack } from "../settings/declared.ts";
import { recorded, renderedIn } from "../settings/recording.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { settingsOf } from "../settings/settings-of.ts";
import { generatedSecrets } from "../setup/secrets.ts";
import { optionsOf, type Stack, wordsOf } from "../setup/stack.ts";

/** What each state looks like. */
const SIGNS = { right: "✓", remark: "!", unknown: "?", wrong: "✗" } as const;

/**
 * Looks at everything that a deployment of a stack will need, before it is needed, and prints each finding with the next
 * command. Nothing is changed.
 *
 * @returns 1 where a finding would fail the deployment
 */
export async function doctor(stack: Stack): Promise<number> {
  const findings = await findingsOf(stack);
  process.stdout.write(`${findings.map(lineOf).join("\n")}\n`);
  const wrong = findings.filter(({ state }) => state === "wrong").length;
  const words = wordsOf(stack);
  if (wrong === 0) process.stdout.write(`\nNothing is in the way: npm start${words === "" ? "" : ` -- ${words}`}\n`);
  return wrong === 0 ? 0 : 1;
}

/** One finding, with its remedy on a line of its own. */
export function lineOf({ subject, state, text, remedy }: Finding): string {
  return `${SIGNS[state]} ${subject}: ${text}${remedy === undefined ? "" : `\n    ${remedy}`}`;
}

async function findingsOf(stack: Stack): Promise<Finding[]> {
  let settings: StackSettings;
  try {
    settings = settingsOf(stack);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ subject: "settings", state: "wrong", text: error.message }];
  }
  const secrets = secretsOf(stack);
  const right: Finding = { subject: "settings", state: "right", text: `Pulumi.${stack.name}.yaml and what it extends` };
  const objects = await objectsOf(stack, settings);
  const findings = await programOf(stack, settings);
  const images = Object.values(settings.images).flatMap((image) => image ?? []);
  const builds = images.length === 0;
  const namespace = "namespace" in settings.platform ? settings.platform.namespace.name : undefined;
  const examined = await examine(settings.platform, {
    objects,
    namespace: namespace ?? `${stack.project}-${stack.name}`,
    builds,
    images,
  }).catch((error: unknown): Finding[] => [
    { subject: settings.platform.kind, state: "wrong", text: error instanceof Error ? error.message : String(error) },
  ]);
  // Where nobody answers, the program says only that once more.
  const answers = !examined.some(
    ({ subject, state }) => state === "wrong" && (subject === "Docker engine" || subject === settings.platform.kind),
  );
  return [right, ...secrets, ...examined, ...(answers ? findings : [])];
}

/** Secrets that the settings lack: `npm start` generates them, but for those that another party issues. */
function secretsOf(stack: Stack): Finding[] {
  const generated = Object.keys(generatedSecrets(stack));
  return missingSecrets(stackSettings, resolvedSettings(stack, stackSettings))
    .filter((path) => !generated.includes(path))
    .map((path): Finding => {
      const set = `${setCommand(path.replace("mlstack:", ""))} ${optionsOf(stack)}`;
      return isIssued(stackSettings, path)
        ? { subject: "secrets", state: "wrong", text: `${path} is not set`, remedy: set }
        : { subject: "secrets", state: "remark", text: `${path} is not set yet`, remedy: `npm start generates it; or ${set}` };
    });
}

/** What the stack would apply to a cluster, whatever is in its way there; nothing for another target. */
async function objectsOf(stack: Stack, given: StackSettings): Promise<readonly object[]> {
  const registrations = await recorded(stack, async () => {
    await declareStack(given, offlinePlatform);
  });
  return renderedIn(registrations).map(({ object }) => object);
}

/**
 * Runs the stack's own program on its real target up to where it would be admitted: each obstacle that a preview would report
 * is a finding, by the same checks.
 */
async function programOf(stack: Stack, given: StackSettings): Promise<Finding[]> {
  const declare = async () => {
    await declareStack(given, createPlatform);
  };
  try {
    await recorded(stack, declare, { preview: true });
    return [{ subject: "program", state: "right", text: "the target admits all of it" }];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return obstaclesIn(error.message);
  }
}

/** The obstacles of a refusal, one finding each. */
export function obstaclesIn(message: string): Finding[] {
  const [heading = "", ...lines] = message.split("\n");
  const obstacles = lines.filter((line) => /^ {2}\S/.test(line) && !line.includes("Nothing was changed"));
  if (!/\d+ (obstacle|mistake)s?;/.test(heading)) return [{ subject: "program", state: "wrong", text: message }];
  return obstacles.map((line) => {
    const [subject = "", ...rest] = line.trim().split(": ");
    const [text = "", ...remedy] = rest.join(": ").split("; ");
    return { subject, state: "wrong", text, ...(remedy.length === 0 ? {} : { remedy: remedy.join("; ") }) };
  });
}
