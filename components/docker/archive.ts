/** Bytes of a block, which headers take one of, and files as many as they need. */
const BLOCK = 512;
/** In a header: where the name, the size in octal digits, and the kind begin, and how long each may be. */
const FIELDS = { name: [0, 100], size: [124, 12], kind: [156, 1] } as const;
/** Plain files, as old and new archives mark them, and folders. */
const FILE = ["0", ""];
const FOLDER = "5";

/**
 * The plain files of an archive (tar) that the engine sends of a folder, by their path in it.
 *
 * @returns undefined where it holds anything else, such as a link or a name longer than a header has room for
 */
export function filesInArchive(archive: Buffer): Record<string, string> | undefined {
  const files: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const text = (field: keyof typeof FIELDS) => textAt(archive, at, FIELDS[field]);
    const name = text("name");
    // Two empty blocks are the end.
    if (name === "") break;
    const size = Number.parseInt(text("size"), 8);
    const kind = text("kind");
    const isFile = FILE.includes(kind);
    if (!(isFile || kind === FOLDER) || Number.isNaN(size)) return undefined;
    at += BLOCK;
    // The folder itself is the first part of every name.
    if (isFile) files[name.slice(name.indexOf("/") + 1)] = archive.toString("utf8", at, at + size);
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function textAt(archive: Buffer, block: number, [from, length]: readonly [number, number]): string {
  const text = archive.toString("utf8", block + from, block + from + length);
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)).trim();
}
