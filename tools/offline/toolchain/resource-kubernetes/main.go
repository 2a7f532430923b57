// Command pulumi-resource-kubernetes is the Kubernetes provider of Pulumi, for machines that cannot download it.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// version is the one of the npm package `@pulumi/kubernetes` whose resources the provider serves; the linker sets it.
var version = "0.0.0"

func main() {
	// The schema and the mapping are left empty: only `pulumi package`, `convert` and programs in YAML ask for them.
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
