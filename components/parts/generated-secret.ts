import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * A random text of 256 bits that is made once and then kept, encrypted, in the stack's state: for passwords that no
 * person has to know. Removing it from the stack and deploying makes a new one.
 */
export function generatedSecret(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  const fresh = pulumi.secret(randomBytes(32).toString("base64url"));
  const stash = new pulumi.Stash(name, { input: fresh }, { parent, ignoreChanges: ["input"] });
  return pulumi.secret(stash.output.apply((kept) => String(kept)));
}
