"""How far the training of a rank is, for Prometheus."""

import threading
from collections.abc import Callable, Iterable

from prometheus_client import start_http_server

from mlstack_common.metrics import TrainingMetrics
from trainer.settings import Settings

LAST_LOOK = 30.0
"""Most seconds for which a rank that has ended well waits to be read once more, if it was read before."""


class Progress(TrainingMetrics):
    """The numbers of this rank, at `GET /metrics` from now on. A port that is taken is said in a line: it is no reason not to train."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.rank, settings.epochs)
        self.was_read = threading.Event()
        if settings.metrics_port == 0:
            return
        port = settings.metrics_port + settings.local_rank
        try:
            server, _ = start_http_server(port)
        except OSError as error:
            print(f"rank={settings.rank} serves no metrics: METRICS_PORT: cannot listen on {port}: {error.strerror}", flush=True)
            return
        answer: Callable[..., Iterable[bytes]] = server.get_app()
        server.set_app(lambda *request: Answer(answer(*request), self.was_read.set))

    def end(self) -> None:
        """Lets who reads the numbers see the last epoch: without it, a training that has ended looks like one that is lost."""
        if self.was_read.is_set():
            self.was_read.clear()
            self.was_read.wait(LAST_LOOK)


class Answer(list[bytes]):
    """What one request gets; the web server closes it when all is sent."""

    def __init__(self, parts: Iterable[bytes], sent: Callable[[], None]) -> None:
        super().__init__(parts)
        self.close = sent
