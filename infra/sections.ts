/** Types of the components, and the sections of a stack file that declare them; a server's is its own below `serving`. */
const SECTIONS: Readonly<Record<string, string>> = {
  "mlstack:index:FeatureStack": "features",
  "mlstack:index:TrainingCluster": "training",
  "mlstack:index:TrackingServer": "tracking",
  "mlstack:index:Experiments": "experiments",
  "mlstack:index:FeastStore": "feast",
};
/** Of which the stack consists. */
const ROOT = "mlstack:index:MlStack";

/** The section of the settings that declares something, by the types and names of all that it is a child of, the outermost first. */
export function sectionOf(within: readonly string[], under: readonly string[]): string {
  const index = within.findIndex((type) => type !== ROOT);
  const [type = "", name = ""] = [within[index], under[index]];
  if (type === "mlstack:index:ServingStack") return `serving.${name}`;
  return SECTIONS[type] ?? (/:(Platform)$/.test(type) ? "platform" : /:Image$/.test(type) ? "images" : name);
}
