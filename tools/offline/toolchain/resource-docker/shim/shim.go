// Package shim opens the Docker provider's constructor, which is internal to its module, and takes out of it fixed waits, and
// builds of what is built already.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New is the provider at the given version.
func New(version string) *schema.Provider {
	docker := provider.New(version)()
	image := docker.ResourcesMap["docker_image"]
	image.CreateContext = createImage(image.CreateContext, image.ReadContext)
	network := docker.ResourcesMap["docker_network"]
	network.CreateContext = createNetwork(network.CreateContext)
	network.ReadContext = readNetwork(network.ReadContext)
	network.DeleteContext = deleteNetwork
	docker.ResourcesMap["docker_volume"].DeleteContext = deleteVolume
	return docker
}
