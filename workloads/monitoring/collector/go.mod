module mlstack.dev/workloads/monitoring/collector

go 1.23
