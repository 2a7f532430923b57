"""`image-api`: reads the variables and serves with several workers under gunicorn."""

import os
import sys
import tempfile

from image_api import logs
from image_api.settings import Settings, read

HUNG = 30
"""Time, in seconds, after which a worker that gives no sign of life is replaced."""


def main() -> None:
    """Serves until it is asked to stop; a lost worker is replaced, a stop finishes the running requests."""
    settings = read(Settings)
    logs.start(settings.api_log_dir, settings.log_level)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")
    # After the settings: PyTorch takes seconds to load, a wrong variable should not. Before the fork: workers share its code.
    from gunicorn.app.base import BaseApplication
    from gunicorn.errors import HaltServer
    from prometheus_client.multiprocess import mark_process_dead

    from image_api.fleet import Fleet
    from image_api.server import FINISH, KEEP_ALIVE, LEAVE
    from image_api.worker import Logger, Worker

    class Application(BaseApplication):
        """gunicorn, told by variables only."""

        def __init__(self) -> None:
            self.settings = settings
            self.fleet = Fleet(settings.api_workers)
            super().__init__()

        def load_config(self) -> None:
            options = {
                "bind": f"{settings.api_host}:{settings.api_port}",
                "workers": settings.api_workers,
                "worker_class": Worker,
                "logger_class": Logger,
                "loglevel": settings.log_level.lower(),
                "timeout": HUNG,
                "graceful_timeout": int(LEAVE) + FINISH + 1,
                "keepalive": KEEP_ALIVE,
                "worker_tmp_dir": tempfile.gettempdir(),
                "control_socket_disable": True,
                "proc_name": "image-api",
                "child_exit": lambda _, worker: mark_process_dead(worker.pid),
            }
            for name, value in options.items():
                self.cfg.set(name, value)

    try:
        Application().run()
    except HaltServer as halt:  # a second worker could not start either, while gunicorn was ending because of the first
        sys.exit(halt.exit_status)
