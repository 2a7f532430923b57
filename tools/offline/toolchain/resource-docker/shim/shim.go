// Package shim opens the Docker provider's constructor, which is internal to its module.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New is the provider at the given version.
func New(version string) *schema.Provider { return provider.New(version)() }
