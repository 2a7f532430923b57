"""How far the training of a rank is, for Prometheus."""

from prometheus_client import start_http_server

from mlstack_common.metrics import TrainingMetrics
from trainer.settings import Settings


def serve(settings: Settings) -> None:
    """Answers `GET /metrics` beside the training. A port that is taken is said in a line: it is no reason not to train."""
    if settings.metrics_port == 0:
        return
    port = settings.metrics_port + settings.local_rank
    try:
        start_http_server(port)
    except OSError as error:
        print(f"rank={settings.rank} serves no metrics: METRICS_PORT: cannot listen on {port}: {error.strerror}", flush=True)


def progress_of(settings: Settings) -> TrainingMetrics:
    """The numbers of this rank."""
    return TrainingMetrics(settings.rank)
