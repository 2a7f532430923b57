package shim

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/client"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// busyFor is how long what a container still uses is tried again, as in the provider.
const busyFor = 30 * time.Second

func engineOf(ctx context.Context, d *schema.ResourceData, meta interface{}) (*client.Client, error) {
	return meta.(*provider.ProviderConfig).MakeClient(ctx, d)
}

// remove removes at once, and again while the engine says that it is in use: a container that was removed a moment ago may
// still hold it.
func remove(
	ctx context.Context, d *schema.ResourceData, meta interface{}, kind, busy string, once func(*client.Client) error,
) diag.Diagnostics {
	engine, err := engineOf(ctx, d, meta)
	if err != nil {
		return diag.FromErr(err)
	}
	for begun := time.Now(); ; {
		err := once(engine)
		if err == nil || client.IsErrNotFound(err) {
			d.SetId("")
			return nil
		}
		if !strings.Contains(err.Error(), busy) || time.Since(begun) > busyFor {
			return diag.Errorf("Unable to remove %s: %s", kind, err)
		}
		select {
		case <-ctx.Done():
			return diag.FromErr(ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func set(d *schema.ResourceData, values map[string]interface{}) diag.Diagnostics {
	for name, value := range values {
		if err := d.Set(name, value); err != nil {
			return diag.FromErr(err)
		}
	}
	return nil
}

func pairs(set interface{}) map[string]string {
	found := map[string]string{}
	for _, each := range set.(*schema.Set).List() {
		label := each.(map[string]interface{})
		found[label["label"].(string)] = label["value"].(string)
	}
	return found
}

func labels(given map[string]string) []interface{} {
	list := []interface{}{}
	for name, value := range given {
		list = append(list, map[string]interface{}{"label": name, "value": value})
	}
	return list
}

func texts(given interface{}) map[string]string {
	found := map[string]string{}
	for name, value := range given.(map[string]interface{}) {
		found[name] = value.(string)
	}
	return found
}

func anyMap(given map[string]string) map[string]interface{} {
	found := map[string]interface{}{}
	for name, value := range given {
		found[name] = value
	}
	return found
}
