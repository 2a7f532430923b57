//go:build tools

// Package docker pins the Docker provider that OpenTofu runs in the bench: the one that Pulumi's is made from.
package docker

import _ "github.com/terraform-providers/terraform-provider-docker"
