//go:build tools

// Package monitoring pins the programs of this image that are built from Go modules.
package monitoring

import (
	_ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"
	_ "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics"
	_ "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert"
	_ "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert-tool"
)
