import type { RecordedStack } from "../../infra/platform.ts";
import { trackedSettings } from "../setup/layers.ts";
import type { Stack } from "../setup/stack.ts";
import { command } from "./operated.ts";

/** Sections of a stack file that declare parts, and the name that their component has. */
const COMPONENTS: Readonly<Record<string, string>> = {
  features: "features",
  training: "trainer",
  tracking: "mlflow",
  experiments: "experiments",
  feast: "feast",
  pipeline: "pipeline",
  monitoring: "monitoring",
};

/** Why nothing of a stack has this name though its settings know it; undefined where they do not. */
export function offText(word: string, stack: Stack, { resources }: Pick<RecordedStack, "resources">): string | undefined {
  const [section, name] = Object.entries(COMPONENTS).find((pair) => pair.includes(word)) ?? [];
  if (section === undefined) return undefined;
  const settings = trackedSettings(stack)[section];
  const file = `Pulumi.${stack.name}.yaml`;
  const up = command("start", stack);
  if (settings === undefined || settings === null)
    return `"${word}" is no part of this stack: ${file} has no mlstack:${section}; add it, then ${up}`;
  const { enabled }: { enabled?: unknown } = Object(settings);
  if (enabled === false) return `"${word}" is switched off by mlstack:${section}.enabled in ${file}; set it to true, then ${up}`;
  const deployed = resources.some(({ urn }) => urn.endsWith(`::${name}`));
  return deployed ? `"${word}" has nothing that runs all the time` : `"${word}" is in ${file} and not deployed yet; ${up}`;
}
