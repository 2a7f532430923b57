import { isMemory, toBytes, toMillicores } from "../workload/units.ts";

/** Amounts, by the keys that have no other meaning anywhere in an object. */
const AMOUNTS = ["cpu", "memory", "storage", "sizeLimit"];
/** The largest first. */
const UNITS = [4, 3, 2, 1].map((power) => ({ size: 1024 ** power, name: `${" KMGT"[power]}i` }));

/**
 * What an object says, the same for each way to say it: a cluster stores `1000m` of a processor as `1`, `1024Mi` as `1Gi`, and a mount
 * without the word that it is not read-only. The provider takes what is stored for what the program has said.
 */
export function sameForAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sameForAll);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== "readOnly" || inner !== false);
  return Object.fromEntries(entries.map(([key, inner]) => [key, AMOUNTS.includes(key) ? amountOf(key, inner) : sameForAll(inner)]));
}

function amountOf(key: string, value: unknown): unknown {
  if (key === "cpu") return /^\d+(\.\d+)?$/.test(String(value)) ? `${toMillicores(Number(value))}m` : value;
  if (typeof value !== "string" || !isMemory(value)) return sameForAll(value);
  const bytes = toBytes(value);
  const unit = UNITS.find(({ size }) => bytes % size === 0);
  return unit === undefined ? value : `${bytes / unit.size}${unit.name}`;
}
