import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";

/** Read at a time: a context may hold models of many gigabytes. */
const CHUNK = 1 << 20;
/** As far as git looks for a zero byte, which no text has. */
const PROBED = 8000;
const BUFFER = Buffer.allocUnsafe(CHUNK);
/** A file that changed less than this before it was read may change again without another time stamp. */
const SETTLED_MS = 2000;

/** Digests by path, so that a file which several images copy is read once in a run of the program. */
const known = new Map<string, { readonly stamp: string; readonly digest: string }>();

/**
 * What a file or link contributes to an image: content, and whether its owner may execute it. Other permissions, times and,
 * in texts, the kind of line ends are of the checkout and do not count.
 */
export function digestOf(path: string, stats: Stats): string {
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (!stats.isFile()) return "folder";
  const mode = (stats.mode & 0o100) === 0 ? "file" : "program";
  const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(" ");
  const before = known.get(path);
  if (before?.stamp === stamp) return `${mode} ${before.digest}`;
  const digest = contentDigest(path);
  if (Date.now() - stats.ctimeMs > SETTLED_MS) known.set(path, { stamp, digest });
  return `${mode} ${digest}`;
}

function contentDigest(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  try {
    let amount = readSync(file, BUFFER);
    const update = BUFFER.subarray(0, Math.min(amount, PROBED)).includes(0) ? (part: Buffer) => hash.update(part) : withoutReturns(hash);
    for (; amount > 0; amount = readSync(file, BUFFER)) update(BUFFER.subarray(0, amount));
    update(Buffer.alloc(0));
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}

/** Takes the CR of every CR LF out, also where two parts meet; an empty part ends the text. */
function withoutReturns(hash: Hash): (part: Buffer) => unknown {
  let pending = false;
  return (part) => {
    if (pending && part[0] !== LF) hash.update("\r");
    pending = part.at(-1) === CR;
    const body = pending ? part.subarray(0, -1) : part;
    hash.update(body.includes(CR) ? Buffer.from(body.toString("latin1").replaceAll("\r\n", "\n"), "latin1") : body);
  };
}

const CR = 13;
const LF = 10;
