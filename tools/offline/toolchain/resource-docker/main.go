// Command pulumi-resource-docker is the Docker provider of Pulumi, for machines that cannot download it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func main() {
	ctx := context.Background()
	info := providerInfo()
	info.P.InitLogging(ctx)
	err := provider.Main(info.Name, func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		// The schema is left empty: only `pulumi package` and programs in YAML ask a provider for it.
		bridge := tfbridge.NewProvider(ctx, host, info.Name, version, info.P, info, []byte("{}"))
		return &unchanged{bridge}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
