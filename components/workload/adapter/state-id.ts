import { createHash } from "node:crypto";
import { homedir, hostname } from "node:os";
import * as pulumi from "@pulumi/pulumi";

/**
 * The id of a stack that has not been deployed: the same for every run on the same state, so that volumes that were kept are
 * found again, and another one for another state. A folder is one state only together with its machine and user; the commands
 * of this project give their state folder a name of its own.
 */
export function newId(stack: string, organization = pulumi.getOrganization()): string {
  const url = process.env["PULUMI_BACKEND_URL"] ?? "";
  // Pulumi's own word for every organization of a backend that knows none.
  const isFolder = url.startsWith("file:") || (url === "" && organization === "organization");
  const folder = isFolder ? (process.env["MLSTACK_STATE_ID"] ?? `${hostname()} ${homedir()}`) : "";
  return createHash("sha256")
    .update(JSON.stringify([url, folder, organization, stack]))
    .digest("hex")
    .slice(0, 12);
}
