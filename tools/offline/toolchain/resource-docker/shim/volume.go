package shim

import (
	"context"

	"github.com/docker/docker/client"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// The provider waits two seconds before it removes a volume.
func deleteVolume(ctx context.Context, d *schema.ResourceData, meta interface{}) diag.Diagnostics {
	return remove(ctx, d, meta, "volume", "volume is in use", func(engine *client.Client) error {
		return engine.VolumeRemove(ctx, d.Id(), true)
	})
}
