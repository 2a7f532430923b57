// Command pulumi-resource-docker is the Docker provider of Pulumi, for machines that cannot download it.
//
// With the argument `schema` it prints the schema, which is embedded at build time as schema.json.
package main

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

//go:embed schema.json
var schema []byte

func main() {
	if len(os.Args) == 2 && os.Args[1] == "schema" {
		printSchema()
		return
	}
	tfbridge.Main("docker", Version, providerInfo(), schema)
}

func printSchema() {
	info := providerInfo()
	info.UpstreamRepoPath = upstream()
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	spec, err := tfgen.GenerateSchema(info, sink)
	if err != nil {
		panic(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(spec); err != nil {
		panic(err)
	}
}

// upstream is the folder of the upstream module, which the schema's texts are read from.
func upstream() string {
	build, _ := debug.ReadBuildInfo()
	for _, dep := range build.Deps {
		if strings.HasSuffix(dep.Path, "terraform-provider-docker") && dep.Replace != nil {
			return filepath.Join(os.Getenv("GOMODCACHE"), dep.Replace.Path+"@"+dep.Replace.Version)
		}
	}
	return "."
}
