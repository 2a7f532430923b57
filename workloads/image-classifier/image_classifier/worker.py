"""One web worker, as the supervisor starts it: `python -m image_classifier.worker SOCKET`, the number of an open socket."""

import logging
import signal
import socket
import sys

import ray
import uvicorn

from image_classifier import log_places
from image_classifier.actors import NAMESPACE, actor
from image_classifier.app import create_app
from image_classifier.models import Models
from image_classifier.ray_head import LOOPBACK
from image_classifier.settings import FINISH, Settings
from mlstack_common.ending import Exit, first_line, run
from mlstack_common.settings import read
from mlstack_common.timing import KEEP_ALIVE, LEAVE
from mlstack_common.web import LeavingServer


def serve() -> int | None:
    """Serves on the socket until it is asked to stop; then leaves and finishes the running requests."""
    settings = read(Settings)
    log_places.start(settings)
    try:
        ray.init(
            address=f"{LOOPBACK}:{settings.ray_head_service_port}",
            namespace=NAMESPACE,
            log_to_driver=False,
            configure_logging=False,
        )
        models = Models(lambda name: actor(name, settings.models_dir), settings.request_timeout)
    except (ConnectionError, RuntimeError, ray.exceptions.RayError) as error:
        logging.getLogger("image-classifier").error("no Ray on port %d: %s", settings.ray_head_service_port, first_line(error))
        return Exit.NOT_STARTED
    # Ray has set its own handler here, to which uvicorn would pass the signal when it has stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = create_app(settings, models)
    config = uvicorn.Config(
        app,
        http="httptools",
        log_config=None,
        access_log=settings.log_level == "DEBUG",
        timeout_graceful_shutdown=FINISH,
        timeout_keep_alive=KEEP_ALIVE,
        proxy_headers=False,
    )

    def leave() -> float:
        app.state.leaving = True
        return LEAVE

    LeavingServer(config, leave).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
    return None


if __name__ == "__main__":
    run(serve)
