/** Types of the components, and the sections of a stack file that declare them; a server's is its own below `serving`. */
const SECTIONS: Readonly<Record<string, string>> = {
  "mlstack:index:FeatureStack": "features",
  "mlstack:index:TrainingCluster": "training",
  "mlstack:index:TrackingServer": "tracking",
  "mlstack:index:Experiments": "experiments",
  "mlstack:index:FeastStore": "feast",
  "mlstack:index:Monitoring": "monitoring",
};
/** Sections in the order in which a stack file and tables have them: what others are fed by comes first. */
const ORDER = ["features", "training", "tracking", "experiments", "feast", "serving", "pipeline", "monitoring"];
/** Of which the stack consists; in the first release each example had a root of its own. */
const ROOT = /^mlstack:(index:MlStack$|example:)/;

/** The section of the settings that declares something, by the types and names of all that it is a child of, the outermost first. */
export function sectionOf(within: readonly string[], under: readonly string[]): string {
  const index = within.findIndex((type) => !ROOT.test(type));
  const [type = "", name = ""] = [within[index], under[index]];
  if (type === "mlstack:index:ServingStack") return `serving.${name}`;
  return SECTIONS[type] ?? (/:(Platform)$/.test(type) ? "platform" : /:Image$/.test(type) ? "images" : name);
}

/** Where a section comes among the others; those that a program of one's own has come last. */
export function orderOf(section: string): number {
  const index = ORDER.indexOf(section.split(".")[0] ?? "");
  return index < 0 ? ORDER.length : index;
}
