/** Options of Pulumi that have a value of their own in the next word, as far as they may come before a command's name. */
const VALUED = new Set(["-C", "--cwd", "-s", "--stack", "--config-file", "--color", "-v", "--verbose", "--tracing", "--profiling"]);

/** Commands that read the stack's settings. */
const READ_SETTINGS = new Set(["up", "update", "preview", "pre", "destroy", "refresh", "import", "watch"]);
/** Of these, the ones for which Pulumi locks the stack. */
const LOCK = new Set(["up", "update", "destroy", "refresh", "import", "watch"]);
/** Parts of `pulumi config` that only read; the others write, and the project's file is what they must write to. */
const READ_CONFIG = new Set([undefined, "get"]);

/** The words of a command, without its options, e.g. `["stack", "init", "x"]`. */
export function wordsIn(args: readonly string[]): string[] {
  return args.filter((arg, index) => !arg.startsWith("-") && !VALUED.has(args[index - 1] ?? ""));
}

/** Whether a command of Pulumi reads the settings of its stack and writes none. */
export function readsSettings(args: readonly string[]): boolean {
  const [command = "", part] = wordsIn(args);
  return READ_SETTINGS.has(command) || (command === "config" && READ_CONFIG.has(part));
}

/** Whether a command of Pulumi needs the stack for itself. */
export function locks(args: readonly string[]): boolean {
  return LOCK.has(wordsIn(args)[0] ?? "");
}

/** Adds `--config-file` where a command reads the settings of a stack that it names. */
export function withSettings(args: readonly string[], fileOf: (stack: string) => string): string[] {
  const name = stackOf(args);
  return !readsSettings(args) || configFileOf(args) !== undefined || name === undefined
    ? [...args]
    : [...args, "--config-file", fileOf(name)];
}

/** The stack that `--stack NAME`, `--stack=NAME`, `-s NAME` or `-sNAME` names. */
export function stackOf(args: readonly string[]): string | undefined {
  return optionIn(args, "-s", "--stack");
}

/** The folder that `--cwd FOLDER`, `--cwd=FOLDER`, `-C FOLDER` or `-CFOLDER` names. */
export function folderOf(args: readonly string[]): string | undefined {
  return optionIn(args, "-C", "--cwd");
}

/** The file of settings that `--config-file FILE` or `--config-file=FILE` names, in the place of the stack's own. */
export function configFileOf(args: readonly string[]): string | undefined {
  return optionIn(args, undefined, "--config-file");
}

function optionIn(args: readonly string[], short: string | undefined, long: string): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return undefined;
    if (arg === short || arg === long) return args[index + 1];
    if (arg.startsWith(`${long}=`)) return arg.slice(long.length + 1);
    if (short !== undefined && arg.startsWith(short) && !arg.startsWith("--")) return arg.slice(short.length).replace(/^=/, "");
  }
  return undefined;
}
