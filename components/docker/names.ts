import type { Admission, Mistake } from "../workload/adapter/index.ts";
import type { EngineView } from "./engine-view.ts";
import { OWNER_LABEL, STACK_LABEL } from "./labels.ts";

/** What has a name on the engine; each kind has names of its own. */
export type Kind = "container" | "network" | "volume";

/** Variable that names volumes of the engine, comma-separated, which this deployment is to take over with their data. */
export const ADOPT = "MLSTACK_ADOPT";

/** The names on the engine that a stack asks for. Those that something else has are one obstacle, whoever that is. */
export class NameLedger {
  private readonly taken: Record<Kind, string[]> = { container: [], network: [], volume: [] };
  private readonly owners = new Set<string>();
  private pending = false;
  private readonly view: EngineView;
  private readonly stack: string;
  private readonly admission: Admission;

  constructor(view: EngineView, stack: string, admission: Admission) {
    this.view = view;
    this.stack = stack;
    this.admission = admission;
  }

  /**
   * Asks for a name.
   *
   * @param isKept whether it is a volume whose data outlive the stack: then one of this stack's name and of no owner, as
   * earlier releases left them, is taken over
   */
  take(kind: Kind, name: string, isKept = false): void {
    const other = this.found(kind, name);
    if (other === undefined || other.ours || (kind === "volume" && this.adopts(name, other.labels, isKept))) return;
    this.taken[kind].push(name);
    this.owners.add(ownerIn(other.labels));
    if (this.pending) return;
    this.pending = true;
    this.admission.require(this.admission.declared.then(() => this.obstacle()));
  }

  private found(kind: Kind, name: string) {
    if (kind === "container") return this.view.containers.get(name);
    return (kind === "network" ? this.view.networks : this.view.volumes).find((one) => one.name === name);
  }

  private adopts(name: string, labels: Readonly<Record<string, string>>, isKept: boolean): boolean {
    if ((process.env[ADOPT] ?? "").split(",").includes(name)) return true;
    return isKept && labels[OWNER_LABEL] === undefined && labels[STACK_LABEL] === this.stack;
  }

  private obstacle(): Mistake {
    this.pending = false;
    const { container, network, volume } = this.taken;
    const all = [...listed("container", container), ...listed("network", network), ...listed("volume", volume)].join("; ");
    const adopt = volume.length === 0 ? "" : `; to take over data of your own, deploy once with ${ADOPT}=${volume.join(",")}`;
    return {
      path: "platform.prefix",
      message: `names of this stack are taken on this engine by ${[...this.owners].join(" and ")}: ${all}; choose a prefix of your own (\`mlstack:platform: { kind: docker, prefix: NAME }\`), or remove what is there${adopt}`,
    };
  }
}

function listed(kind: Kind, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${kind}${names.length === 1 ? "" : "s"} ${names.join(", ")}`];
}

function ownerIn(labels: Readonly<Record<string, string>>): string {
  const stack = labels[STACK_LABEL];
  return stack === undefined ? "something else" : `stack ${stack} of another state`;
}
