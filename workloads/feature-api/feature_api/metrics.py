"""What Prometheus reads at `/metrics`."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("feature_api_requests_total", "Requests by path and status.", ["path", "status"])
SECONDS = Histogram("feature_api_request_seconds", "Time to answer, by path.", ["path"], buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1))
READS = Counter("feature_api_reads_total", "Feature reads by the store that answered.", ["source"])
REDIS_UP = Gauge("feature_api_redis_up", "1 while Redis answers, 0 while Parquet stands in, -1 when Redis is not used.")
