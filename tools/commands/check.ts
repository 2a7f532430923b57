import { relative, resolve } from "node:path";

import { count } from "../../components/workload/index.ts";
import { checkFiles, isIssued, setCommand } from "../../infra/check.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { stackNamesIn } from "../../infra/layers/names.ts";
import { stackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { examples, optionsOf, projectIn, type Selection, type Stack, selectFolder, selectStack, wordsOf } from "../setup/stack.ts";

/** Says every mistake of the stacks that the options mean: one, all of a folder, or all of this project and its examples. */
export function check(selection: Selection): number {
  const stacks = stacksOf(selection);
  const wrong = stacks.filter((stack) => !isRight(stack));
  if (wrong.length > 0) return 1;
  process.stdout.write(`${count(stacks.length, "stack")} checked; ${stacks.length === 1 ? "it is" : "all are"} right\n`);
  return 0;
}

function stacksOf(selection: Selection): Stack[] {
  if (selection.stack !== undefined) return [selectStack(selection)];
  const isChosen = selection.example !== undefined || selection.cwd !== undefined;
  const folders = isChosen ? [selectFolder(selection)] : [resolve(ROOT), ...examples().map((example) => selectFolder({ example }))];
  return folders.flatMap((folder) => {
    const project = projectIn(folder);
    return stackNamesIn(folder).map((name) => ({ folder, project, name }));
  });
}

/** Prints what is wrong with a stack; secrets that it still lacks are a remark, since each machine that deploys has its own. */
function isRight(stack: Stack): boolean {
  const resolved = resolvedSettings(stack, stackSettings);
  const { mistakes, missing } = checkFiles(stackSettings, resolved);
  const folder = relative(ROOT, stack.folder);
  const file = `Pulumi.${stack.name}.yaml`;
  if (missing.length > 0) process.stdout.write(`${folder === "" ? "" : `${folder}/`}${file}: ${lacking(stack, missing)}\n`);
  if (mistakes.length > 0)
    process.stderr.write(`${folder === "" ? "" : `${folder}: `}${mistakeText(file, mistakes, resolved.positionOf)}\n`);
  return mistakes.length === 0;
}

function lacking(stack: Stack, missing: readonly string[]): string {
  const words = wordsOf(stack);
  const issued = missing.filter((path) => isIssued(stackSettings, path));
  const generated = missing.filter((path) => !issued.includes(path));
  return [
    ...(generated.length === 0
      ? []
      : [`without ${generated.join(", ")}, which \`npm start${words === "" ? "" : ` -- ${words}`}\` generates`]),
    ...issued.map((path) => `without ${path}: ${setCommand(path.replace("mlstack:", ""))} ${optionsOf(stack)}`),
  ].join("; ");
}
