import { EngineApi } from "./api.ts";
import { engineHost } from "./engine-host.ts";

/** What is asked of the engine. */
type Api = Pick<EngineApi, "get" | "find">;

/** Which engine it is, by the id that it has given itself: an address may be another machine's tomorrow. */
export async function engineIdentity(api: Api = new EngineApi()): Promise<string> {
  const { ID } = await api.get<{ readonly ID?: string }>("/info");
  return `Docker engine ${ID || `at ${engineHost().address}`}`;
}

/** The content of each image that the engine has, by its reference: a tag may be another image's tomorrow. */
export async function contentsOnEngine(references: readonly string[], api: Api = new EngineApi()): Promise<Record<string, string>> {
  const found = await Promise.all(
    [...new Set(references)].map(async (reference) => {
      const image = await api.find<{ readonly Id: string }>(`/images/${encodeURIComponent(reference)}/json`);
      return image === undefined ? [] : [[reference, image.Id] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}
