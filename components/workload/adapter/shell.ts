import type { ShellRequest } from "../operations.ts";

/** The better of the shells that an image may have. */
export const SHELL = ["sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"];

/** A terminal, of which each key is for the program inside. */
export interface Typing {
  typeInto(program: NodeJS.WritableStream): () => void;
}

/** The terminal of a request; undefined where one of its ends is none. */
export function terminalOf({ input, output }: Pick<ShellRequest, "input" | "output">): Typing | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return {
    typeInto(program) {
      input.setRawMode(true);
      input.pipe(program);
      return () => {
        input.unpipe(program);
        input.setRawMode(false);
        input.pause();
      };
    },
  };
}

/** Where an image has no shell at all, as minimal ones do. */
export function noShell(replica: string): string {
  return `${replica} has no shell in its image; run a program that it has: npm run shell -- ${replica} -- PROGRAM`;
}

/** Where an image has no such program. */
export function noSuchProgram(replica: string, [program = ""]: readonly string[]): string {
  return `${replica} has no program "${program}" in its image`;
}
