"""`image-api`: reads the variables and serves with several workers."""

import importlib

from image_api import log_places
from image_api.settings import Settings, check_checkpoint
from mlstack_common.ending import run
from mlstack_common.settings import read
from mlstack_common.workers import Place, Serving, serve


def start() -> int:
    """Serves until it is asked to stop; a lost worker is replaced, a stop finishes the running requests."""
    settings = read(Settings)
    check_checkpoint(settings)
    log_places.start(settings)

    def create(place: Place):
        from image_api.service import ImageService

        return ImageService(settings, place)

    return serve(
        Serving(
            name="image-api",
            host=settings.api_host,
            port=settings.api_port,
            workers=settings.api_workers,
            create=create,
            replace_lost=True,
            preload=lambda: importlib.import_module("image_api.service"),  # PyTorch
            log_level=settings.log_level,
        )
    )


def main() -> None:
    run(start)
