/** Colours that are readable on dark and on light terminals. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

interface Options {
  /** Only lines that it finds something in. */
  readonly grep?: RegExp | undefined;
  readonly colours: boolean;
  /** Width of the longest name so far. */
  readonly width: number;
}

/** Lines with the name of who wrote them, each name in a colour of its own. */
export class LogPrinter {
  private readonly options: Options;
  private readonly names: string[] = [];
  private width: number;

  constructor(options: Options) {
    this.options = options;
    this.width = options.width;
  }

  /** The line as it is printed; undefined where nobody has asked for it. */
  text(replica: string, line: string): string | undefined {
    const { grep, colours } = this.options;
    if (grep !== undefined && !grep.test(line)) return undefined;
    this.width = Math.max(this.width, replica.length);
    const name = replica.padEnd(this.width);
    return `${colours ? `\u001b[${this.colourOf(replica)}m${name}\u001b[0m` : name} | ${line}\n`;
  }

  private colourOf(replica: string): number {
    if (!this.names.includes(replica)) this.names.push(replica);
    return COLOURS[this.names.indexOf(replica) % COLOURS.length] ?? 36;
  }
}
