import { existsSync, readdirSync } from "node:fs";

import { isRemote } from "./engine-host.ts";

/** Where NVIDIA's driver lists the GPUs of this machine. */
const DRIVER = "/proc/driver/nvidia/gpus";

/** What an engine says of the devices that it may give to containers; newer ones do. */
export interface DeviceInfo {
  readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
}

/** How many GPUs of NVIDIA the engine's host has; undefined where neither the driver nor the engine says so. */
export function gpusOf({ DiscoveredDevices }: DeviceInfo, driver: string = DRIVER): number | undefined {
  if (!isRemote() && existsSync(driver)) return readdirSync(driver).length;
  const ids = (DiscoveredDevices ?? []).filter(({ ID = "" }) => /^nvidia\.com\/gpu=\d+$/.test(ID));
  return ids.length === 0 ? undefined : ids.length;
}
