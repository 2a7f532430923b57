import { mustRun } from "../lib/run.ts";
import { setUp } from "../setup/index.ts";
import { missingSecrets } from "../setup/missing-secrets.ts";
import { generateSecrets, neededSecrets } from "../setup/secrets.ts";
import { ensureStack } from "../setup/settings.ts";
import { optionsOf, type Stack, wordsOf } from "../setup/stack.ts";
import { partsOf, pulumiOn } from "./pulumi.ts";
import { repairIfInterrupted } from "./repair.ts";

/** Sets up what is missing, brings a stack up with the secrets it needs, and says where it answers. */
export async function start(stack: Stack): Promise<number> {
  const env = await setUp(partsOf(stack));
  await ensureStack(stack, env);
  await repairIfInterrupted(stack, env);
  const missing = await missingSecrets();
  await generateSecrets(stack, env, missing);
  const code = await pulumiOn(stack, ["up", "--yes", "--skip-preview", "--suppress-outputs"], env);
  if (code !== 0) return code;
  const words = ["stack", "output", "--json", "--stack", stack.name, "--cwd", stack.folder, "--non-interactive"];
  process.stdout.write(farewellOf(stack, JSON.parse(await mustRun("outputs", "pulumi", words, { env })), neededSecrets(stack, missing)));
  return 0;
}

/** What a user can do next, by the outputs `urls` (where what answers) and `tryIt` (lines to type) of the program. */
export function farewellOf(stack: Stack, outputs: unknown, generated: readonly string[] = []): string {
  const { urls, tryIt } = typeof outputs === "object" && outputs !== null ? { urls: {}, tryIt: [], ...outputs } : { urls: {}, tryIt: [] };
  const places = Object.entries(urls ?? {}).filter(([, url]) => typeof url === "string" && url !== "");
  const width = Math.max(0, ...places.map(([name]) => name.length));
  const lines =
    places.length === 0
      ? [`${stack.project} is up; it publishes nothing.`]
      : [`${stack.project} answers at`, ...places.map(([name, url]) => `  ${name.padEnd(width)}  ${url}`)];
  const secrets = generated.map((path) => `npm run pulumi -- config get ${quoted(path)} ${optionsOf(stack)}`);
  const words = wordsOf(stack);
  const next = [
    ...labelled("Try it:   ", Array.isArray(tryIt) ? tryIt.map(String) : []),
    ...labelled("Secrets:  ", secrets),
    `Stop it:  npm run stop${words === "" ? "" : ` -- ${words}`}`,
  ];
  return `\n${[...lines, ...next].join("\n")}\n`;
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${index === 0 ? label : " ".repeat(label.length)}${line}`);
}

/** As Pulumi finds a value inside of another. */
function quoted(path: string): string {
  return `--path '${path.replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]")}'`;
}
