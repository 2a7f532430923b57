"""What Prometheus reads at `/metrics`: the sum over all workers of the container."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import RequestMetrics

REQUESTS = RequestMetrics("classifier", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10))
PREDICTIONS = Counter("classifier_predictions_total", "Predictions by model and label.", ["model", "label"])
MODEL_UP = Gauge("classifier_model_up", "1 while every worker gets right answers from the model.", ["model"], multiprocess_mode="livemin")
UPLOADS = Gauge("classifier_uploads_bytes", "Bytes of uploads that are being read.", multiprocess_mode="livesum")
