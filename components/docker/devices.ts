import type { z } from "zod";

import { type accelerator, type Mistake, unsupported } from "../workload/adapter/index.ts";
import type { EngineView } from "./engine-view.ts";

/** The engine's devices and the containers that have claimed them; one ledger for the whole stack. */
export class DeviceLedger {
  private readonly owners = new Map<string, string>();
  private readonly view: EngineView;

  constructor(view: EngineView) {
    this.view = view;
  }

  /**
   * Reserves devices for `owner`: those it names, or as many as it counts, lowest ids first.
   *
   * @returns their ids, or the mistake: a device that another container has claimed (naming both), or no way to use any.
   */
  claim(owner: string, wanted: z.output<typeof accelerator> | undefined): string[] | Mistake {
    if (wanted === undefined) return [];
    const ids = this.lend(owner, wanted);
    if (Array.isArray(ids)) for (const id of ids) this.owners.set(id, owner);
    return ids;
  }

  /** Like `claim`, for one task run: the devices are not reserved, so several tasks may name the same ones. */
  lend(owner: string, wanted: z.output<typeof accelerator>): string[] | Mistake {
    if (!this.view.runtimes.includes("nvidia")) {
      return unsupported(
        `${owner}: accelerator`,
        "this Docker engine, which has no NVIDIA runtime",
        "install nvidia-container-toolkit, or leave the accelerator out to run on CPU",
      );
    }
    const ids = "devices" in wanted ? wanted.devices : this.lowestFree(wanted.count);
    const { gpus } = this.view;
    const absent = ids.find((id) => gpus !== undefined && /^\d+$/.test(id) && Number(id) >= gpus);
    if (absent !== undefined) {
      const message = `device "${absent}" does not exist: this host has ${gpus}, and a device serves one container; ask for fewer, or run fewer containers`;
      return { path: `${owner}: accelerator`, message };
    }
    const taken = ids.find((id) => this.owners.has(id));
    if (taken !== undefined) {
      return {
        path: `${owner}: accelerator`,
        message: `device "${taken}" is claimed by ${this.owners.get(taken)} already; a device serves one container`,
      };
    }
    return ids;
  }

  private lowestFree(count: number): string[] {
    const free: string[] = [];
    for (let id = 0; free.length < count; id++) if (!this.owners.has(String(id))) free.push(String(id));
    return free;
  }
}
