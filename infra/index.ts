import { readSettings } from "./config.ts";
import { MlStack } from "./ml-stack.ts";
import { createPlatform } from "./platform.ts";

const settings = readSettings();
const platform = await createPlatform(settings);
const stack = new MlStack("ml", platform, settings);

export const url = stack.features.url;
export const tryIt = url?.apply((address) => `curl ${address}/features/1`);
export const worldSize = settings.training.enabled ? stack.training.worldSize : 0;
