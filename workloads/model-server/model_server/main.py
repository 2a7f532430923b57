"""`model-server`: reads the variables and serves."""

import os

from mlstack_common import logs
from mlstack_common.ending import run
from mlstack_common.settings import read
from mlstack_common.workers import Place, Serving, serve
from model_server.settings import Settings


def start() -> int:
    """Serves one version until it is asked to stop; then leaves and finishes the running requests."""
    settings = read(Settings)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # otherwise the model library reports to its maker that and where it runs
    logs.start(settings.log_level, quiet=["httpx", "httpcore"])

    def create(place: Place):
        from model_server.service import ModelService  # in the worker: the model library and the numbers are made for one process

        return ModelService(settings, place)

    return serve(
        Serving(
            name="model-server",
            host=settings.api_host,
            port=settings.api_port,
            workers=settings.workers,
            create=create,
            replace_lost=False,
            log_level=settings.log_level,
            access_log=settings.log_level == "DEBUG",
        )
    )


def main() -> None:
    run(start)
