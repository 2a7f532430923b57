//go:build tools

// Package compose pins the Docker Compose that the bench measures against.
package compose

import _ "github.com/docker/compose/v2/cmd"
