//go:build tools

// Package opentofu pins the OpenTofu that the bench measures against.
package opentofu

import _ "github.com/opentofu/opentofu/cmd/tofu"
