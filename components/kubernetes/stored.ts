import { isMemory, toBytes, toMillicores } from "../workload/units.ts";

/** Amounts, by the keys that have no other meaning anywhere in an object. */
const AMOUNTS = ["cpu", "memory", "storage", "sizeLimit"];
/** The largest first. */
const UNITS = [4, 3, 2, 1].map((power) => ({ size: 1024 ** power, name: `${" KMGT"[power]}i` }));

/**
 * What an object says, the same for each way to say it: a cluster stores `1000m` of a processor as `1`, `1024Mi` as `1Gi`, and neither a list
 * without entries nor the word that a mount is not read-only. The provider takes what is stored for what the program has said.
 */
export function sameForAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sameForAll);
  if (typeof value !== "object" || value === null) return value;
  const isSaid = (key: string, inner: unknown) => (key === "readOnly" ? inner !== false : !Array.isArray(inner) || inner.length > 0);
  const entries = Object.entries(value).filter(([key, inner]) => isSaid(key, inner));
  return Object.fromEntries(entries.map(([key, inner]) => [key, AMOUNTS.includes(key) ? amountOf(key, inner) : sameForAll(inner)]));
}

function amountOf(key: string, value: unknown): unknown {
  if (key === "cpu") return /^\d+(\.\d+)?$/.test(String(value)) ? `${toMillicores(Number(value))}m` : value;
  if (typeof value !== "string" || !isMemory(value)) return sameForAll(value);
  const bytes = toBytes(value);
  const unit = UNITS.find(({ size }) => bytes % size === 0);
  return unit === undefined ? value : `${bytes / unit.size}${unit.name}`;
}
