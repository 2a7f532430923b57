import { z } from "zod";

const shown = z.string().nullable();
const fingerprints = z.record(z.string(), z.string());

/** What a deployment by approval compares besides, of a report that the engine made. */
export const approval = z.strictObject({
  made: z.iso.datetime().describe("When the report was made."),
  tree: shown.describe("SHA-256 of what the working tree has beyond its commit; null outside a repository."),
  deployed: shown.describe("When the last deployment ended, as the state has it."),
  values: fingerprints.describe("Each setting that a layer says, as JSON; a secret is `(secret)`."),
  secrets: fingerprints.describe("Fingerprint of each secret, under a key that only the state's machine has."),
  programs: fingerprints.describe("Version of each program that deploys."),
  target: z.string().describe("Which engine or cluster it is, by the id that it has given itself."),
  contents: fingerprints.describe("Content of each image on the engine, by its reference; only where images are on an engine."),
  chance: z.string().describe("What chance depended on, in the names of what is made: the deployment gets the same."),
  steps: fingerprints.describe("Step of the engine for each resource that changes, with a fingerprint of what it asks for."),
  seal: z.string().describe("HMAC-SHA-256 of all the rest of the report, under a key of the state's passphrase."),
});

export type Approval = z.output<typeof approval>;
