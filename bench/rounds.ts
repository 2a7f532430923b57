import { type Report, step } from "../tools/lib/step.ts";

/** Does the same so many times; each says what came of it as soon as it has ended, since all together take many minutes. */
export async function rounds(what: string, count: number, work: (report: Report) => Promise<string>): Promise<void> {
  for (let round = 1; round <= count; round++)
    await step(`${what}, round ${round} of ${count}`, async (report) => ({ summary: await work(report), value: undefined }));
}
