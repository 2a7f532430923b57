/** A setting of a rule, as JSON Schema. */
export interface Setting {
  readonly type: "number" | "array" | "object";
  readonly description: string;
  readonly items?: { readonly type: "string" };
  readonly additionalProperties?: { readonly type: "array"; readonly items: { readonly type: "string" } };
}

/** What a company may set of a rule; a rule without it is off where it needs one. */
export type Settings = Readonly<Record<string, unknown>>;

/** A rule of the pack. @typeParam About what it is checked on */
export interface Rule<About> {
  /** Its name, by which a company sets its level: `advisory`, `mandatory` or `disabled`. */
  readonly name: string;
  readonly description: string;
  /** A mandatory one fails a preview. */
  readonly level: "mandatory" | "advisory";
  readonly settings?: Readonly<Record<string, Setting>>;
  /** What is wrong, each in a sentence with its remedy, and never a value that may be secret. */
  check(about: About, settings: Settings): string[];
}

/** Names of variables whose values should be nobody's to read. */
const SECRET = /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)(_|$)/i;

/** Whether a variable's name says that its value is a secret. */
export function isNamedLikeSecret(name: string): boolean {
  return SECRET.test(name);
}
