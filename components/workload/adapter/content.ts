import { createHash } from "node:crypto";

/** Eight hexadecimal digits that follow from the names and the content of files, in whatever order they are given. */
export function contentHash(files: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(files).sort()))
    .digest("hex")
    .slice(0, 8);
}
