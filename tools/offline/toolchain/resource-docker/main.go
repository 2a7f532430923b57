// Command pulumi-resource-docker is the Docker provider of Pulumi, for machines that cannot download it.
package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

func main() {
	// The schema is left empty: only `pulumi package` and programs in YAML ask a provider for it.
	tfbridge.Main("docker", version, providerInfo(), []byte("{}"))
}
