import { isPinned, registryOf } from "../components/workload/reference.ts";
import { isNamedLikeSecret, type Rule, type Settings } from "./rule.ts";
import type { Workload } from "./workload.ts";

/** Whether it has a container, and is not an address alone. */
function runs({ count }: Workload): boolean {
  return count > 0;
}

/** Rules that each workload keeps for itself: a violation stops it before it is made. */
export const workloadRules: readonly Rule<Workload>[] = [
  {
    name: "pinned-image",
    description: "An image is named by its digest, or by a tag of a release or of its content.",
    level: "mandatory",
    check: ({ title, image }) =>
      image === undefined || isPinned(image)
        ? []
        : [
            `${title} runs ${image}, which may be another image tomorrow; name it with a version, or with its digest (npm run release pins them)`,
          ],
  },
  {
    name: "limits",
    description: "A workload has a limit of memory and of processors.",
    level: "mandatory",
    check: (workload) => {
      const missing = [...(workload.memory > 0 ? [] : ["memory"]), ...(workload.cpu > 0 ? [] : ["cpu"])];
      return !runs(workload) || missing.length === 0
        ? []
        : [`${workload.title} has no limit of ${missing.join(" and ")}; set resources.${missing[0]}`];
    },
  },
  {
    name: "non-root",
    description: "A workload's processes are not root's.",
    level: "mandatory",
    check: (workload) =>
      runs(workload) && workload.isRoot ? [`${workload.title} may run as root; set user to one with a number above 0`] : [],
  },
  {
    name: "least-privilege",
    description: "A workload has no privileges, no capabilities, and files that it cannot write to.",
    level: "mandatory",
    check: (workload) =>
      runs(workload) ? workload.loose.map((how) => `${workload.title} ${how}; mlstack's own parts need none of that`) : [],
  },
  {
    name: "host-folder",
    description: "A workload writes to no folder of the host.",
    level: "advisory",
    check: ({ title, rights }) =>
      rights.filter((right) => right.startsWith("writes ")).map((right) => `${title} ${right}; use a volume, or mount it read-only`),
  },
  {
    name: "plain-secret",
    description: "A variable that is named like a secret gets its value from a secret.",
    level: "mandatory",
    check: ({ title, open }) =>
      open
        .filter(isNamedLikeSecret)
        .map(
          (name) => `${title} has variable ${name} with its value written openly; make it a secret (npm run pulumi -- config set --secret)`,
        ),
  },
  {
    name: "allowed-registries",
    description: "Images come from the registries that the company allows.",
    level: "mandatory",
    settings: {
      registries: {
        type: "array",
        items: { type: "string" },
        description: "Registries, each with as much of the path as counts, e.g. registry.example.com/ml; none: all.",
      },
    },
    check: ({ title, image }, settings) => {
      const registries = textsIn(settings, "registries");
      if (registries.length === 0 || image === undefined || registries.some((one) => isFrom(image, one))) return [];
      return [`${title} runs ${image}, which is from none of ${registries.join(", ")}; release it there (npm run release)`];
    },
  },
  {
    name: "regions",
    description: "Pods are bound to nodes of the regions that the company allows.",
    level: "mandatory",
    settings: {
      labels: {
        type: "object",
        additionalProperties: { type: "array", items: { type: "string" } },
        description: 'Allowed values by label of a node, e.g. { "topology.kubernetes.io/region": ["eu-west-1"] }; none: all.',
      },
    },
    check: ({ title, nodes }, settings) => {
      const labels = Object.entries(Object(settings["labels"] ?? {}));
      if (nodes === undefined) return [];
      return labels.flatMap(([label, values]) => {
        const allowed = Array.isArray(values) ? values.map(String) : [];
        const is = nodes[label];
        if (is !== undefined && allowed.includes(is)) return [];
        const has = is === undefined ? "is bound to no value" : `is bound to "${is}"`;
        return [`${title} ${has} of ${label}, where ${allowed.join(" or ")} is allowed; set nodeSelector`];
      });
    },
  },
];

function isFrom(image: string, registry: string): boolean {
  const full = image.startsWith(`${registryOf(image)}/`) ? image : `docker.io/${image}`;
  return full === registry || full.startsWith(`${registry.replace(/\/$/, "")}/`);
}

function textsIn(settings: Settings, name: string): string[] {
  const given = settings[name];
  return Array.isArray(given) ? given.map(String) : [];
}
