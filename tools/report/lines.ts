import type { Report, SettingCause } from "./schema.ts";

/** A part of a report as people read it. */
export interface Block {
  readonly title: string;
  readonly rows: readonly string[];
  /** Whether nothing of it may be left out. */
  readonly danger: boolean;
}

/** A report in blocks: the dangers first, then sums, what changes, settings, and what was said. None for one without a change. */
export function lines(report: Report): Block[] {
  const { findings, components, settings, notes, changes } = report;
  if (!changes && findings.length === 0) return [];
  const all: Block[] = [
    { title: "Dangers", danger: true, rows: findings.map((one) => `${one.kind}: ${one.sentence}${causeText(one.causes)}`) },
    { title: "Sums", danger: false, rows: sumRows(report) },
    ...components.map(({ section, parts }) => ({
      title: section,
      danger: false,
      rows: parts.map(({ name, noun, text, causes }) => `${noun} ${name}: ${text}${causeText(causes)}`),
    })),
    { title: "Settings", danger: false, rows: settings.map((one) => `${changeText(one)}${placeOf(one)}`) },
    {
      title: "Said in the preview",
      danger: false,
      rows: notes.map(({ severity, text }) => `${severity}: ${text.replaceAll(/\s*\n\s*/g, " · ")}`),
    },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function sumRows({ sums }: Report): string[] {
  const { replicas, gpus, cpu, memory, models } = sums;
  const amounts = [
    ["replicas and members", replicas, String],
    ["GPUs", gpus, String],
    ["processors", cpu, (value: number) => String(value / 1000)],
    ["memory", memory, (value: number) => `${Math.round(value / 1024 ** 2)} Mi`],
  ] as const;
  return [
    ...amounts.flatMap(([what, { before, after }, text]) => (before === after ? [] : [`${what} ${text(before)} → ${text(after)}`])),
    ...models.flatMap(({ reference, before, after }) =>
      before === after ? [] : [`${reference} ${before ?? "nothing"} → ${after ?? "nothing"}`],
    ),
  ];
}

function causeText(causes: readonly SettingCause[]): string {
  const [first, ...others] = causes;
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return ` (${changeText(first)}${placeOf(first)}${more})`;
}

function changeText({ setting, before, after }: SettingCause): string {
  return `${setting} ${short(before)} → ${short(after)}`;
}

function placeOf({ file, line }: SettingCause): string {
  return file === null ? ", default" : `, ${file}${line === null ? "" : `:${line}`}`;
}

/** The beginning of a value: a certificate has pages. */
function short(value: string | null): string {
  if (value === null) return "nothing";
  const text = value.replaceAll(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
