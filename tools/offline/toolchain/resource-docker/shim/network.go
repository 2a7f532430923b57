package shim

import (
	"context"

	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// The provider waits two seconds before it looks at a network for the first time, after it has made one too: those of a
// swarm show their options late. All others are complete when the engine answers.
const swarm = "overlay"

func createNetwork(slow schema.CreateContextFunc) schema.CreateContextFunc {
	return func(ctx context.Context, d *schema.ResourceData, meta interface{}) diag.Diagnostics {
		if d.Get("driver").(string) == swarm {
			return slow(ctx, d, meta)
		}
		engine, err := engineOf(ctx, d, meta)
		if err != nil {
			return diag.FromErr(err)
		}
		made, err := engine.NetworkCreate(ctx, d.Get("name").(string), networkOptions(d))
		if err != nil {
			return diag.Errorf("Unable to create network: %s", err)
		}
		d.SetId(made.ID)
		return lookAtNetwork(ctx, d, engine)
	}
}

func readNetwork(slow schema.ReadContextFunc) schema.ReadContextFunc {
	return func(ctx context.Context, d *schema.ResourceData, meta interface{}) diag.Diagnostics {
		if d.Get("driver").(string) == swarm {
			return slow(ctx, d, meta)
		}
		engine, err := engineOf(ctx, d, meta)
		if err != nil {
			return diag.FromErr(err)
		}
		return lookAtNetwork(ctx, d, engine)
	}
}

func deleteNetwork(ctx context.Context, d *schema.ResourceData, meta interface{}) diag.Diagnostics {
	return remove(ctx, d, meta, "network", "has active endpoints", func(engine *client.Client) error {
		return engine.NetworkRemove(ctx, d.Id())
	})
}

func networkOptions(d *schema.ResourceData) network.CreateOptions {
	ipv6 := d.Get("ipv6").(bool)
	options := network.CreateOptions{
		Driver:     d.Get("driver").(string),
		Labels:     pairs(d.Get("labels")),
		Options:    texts(d.Get("options")),
		Internal:   d.Get("internal").(bool),
		Attachable: d.Get("attachable").(bool),
		Ingress:    d.Get("ingress").(bool),
		IPAM:       &network.IPAM{Driver: d.Get("ipam_driver").(string), Options: texts(d.Get("ipam_options"))},
	}
	if ipv6 {
		options.EnableIPv6 = &ipv6
	}
	for _, given := range d.Get("ipam_config").(*schema.Set).List() {
		config := given.(map[string]interface{})
		options.IPAM.Config = append(options.IPAM.Config, network.IPAMConfig{
			Subnet:     config["subnet"].(string),
			IPRange:    config["ip_range"].(string),
			Gateway:    config["gateway"].(string),
			AuxAddress: texts(config["aux_address"]),
		})
	}
	return options
}

func lookAtNetwork(ctx context.Context, d *schema.ResourceData, engine *client.Client) diag.Diagnostics {
	seen, err := engine.NetworkInspect(ctx, d.Id(), network.InspectOptions{})
	if client.IsErrNotFound(err) {
		d.SetId("")
		return nil
	}
	if err != nil {
		return diag.Errorf("Unable to inspect network: %s", err)
	}
	configs := []interface{}{}
	for _, config := range seen.IPAM.Config {
		configs = append(configs, map[string]interface{}{
			"subnet": config.Subnet, "ip_range": config.IPRange, "gateway": config.Gateway, "aux_address": anyMap(config.AuxAddress),
		})
	}
	return set(d, map[string]interface{}{
		"name":         seen.Name,
		"labels":       labels(seen.Labels),
		"driver":       seen.Driver,
		"options":      seen.Options,
		"internal":     seen.Internal,
		"attachable":   seen.Attachable,
		"ingress":      seen.Ingress,
		"ipv6":         seen.EnableIPv6,
		"ipam_driver":  seen.IPAM.Driver,
		"ipam_options": seen.IPAM.Options,
		"ipam_config":  configs,
		"scope":        seen.Scope,
	})
}
