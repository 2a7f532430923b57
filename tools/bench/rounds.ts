import { step, type Tell } from "../setup/step.ts";

/** Does the same so many times; each says what came of it as soon as it has ended, since all together take many minutes. */
export async function rounds(what: string, count: number, work: (tell: Tell) => Promise<string>): Promise<void> {
  for (let round = 1; round <= count; round++)
    await step(`${what}, round ${round} of ${count}`, async (tell) => ({ said: await work(tell), value: undefined }));
}
