//go:build tools

// Package toolchain pins the Pulumi command line to one version, with checksums of everything it is built from.
package toolchain

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
