import { mlStack } from "./ml-stack.ts";
import { pinnedModels } from "./models.ts";
import { program } from "./program.ts";
import { stackSettings } from "./stack.ts";

export default () =>
  program(stackSettings, async (settings) => {
    const models = await pinnedModels(settings);
    return (system) => mlStack(system, settings, models);
  });
