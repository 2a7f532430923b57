"""`feature-api`: reads the variables and serves."""

from feature_api.settings import Settings
from mlstack_common import logs
from mlstack_common.ending import run
from mlstack_common.settings import read
from mlstack_common.workers import Place, Serving, serve


def start() -> int:
    """Serves until it is asked to stop; then leaves and finishes the running requests."""
    settings = read(Settings)
    logs.start(settings.log_level)

    def create(place: Place):
        from feature_api.service import FeatureService  # in the worker: the numbers for Prometheus belong to it

        return FeatureService(settings, place)

    return serve(
        Serving(
            name="feature-api",
            host=settings.api_host,
            port=settings.api_port,
            workers=1,
            create=create,
            replace_lost=True,
            log_level=settings.log_level,
            access_log=settings.log_level == "DEBUG",
        )
    )


def main() -> None:
    run(start)
