"""What Prometheus reads at `/metrics`, beside the requests: the sum over all workers of the container."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import ModelMetrics

NAME = "image-classifier"

MODEL = ModelMetrics(NAME)
PREDICTIONS = Counter("classifier_predictions_total", "Predictions by model and label.", ["model", "label"])
UPLOADS = Gauge("classifier_uploads_bytes", "Bytes of uploads that are being read.", multiprocess_mode="livesum")
