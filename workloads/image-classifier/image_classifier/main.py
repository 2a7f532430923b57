"""`image-classifier`: reads the variables, checks whether it can work here, and serves."""

import asyncio
import os
import socket

from image_classifier import log_places
from image_classifier.settings import Settings
from image_classifier.supervisor import Supervisor
from mlstack_common.ending import Exit, Failure, run
from mlstack_common.settings import read


def start() -> int:
    """Serves until it is asked to stop."""
    settings = read(Settings)
    check_folders(settings)
    log_places.start(settings)
    return asyncio.run(serve(settings, bind(settings)))


async def serve(settings: Settings, opened: socket.socket) -> int:
    return await Supervisor(settings, opened).run()


def check_folders(settings: Settings) -> None:
    """Refuses folders that cannot be written, all at once."""
    folders = {"LOGS_DIR": settings.logs_dir, "CUSTOMER_DATA_DIR": settings.customer_data_dir}
    wrong = [
        f"{name}: must be a folder that user {os.getuid()} may write to, got {path}"
        for name, path in folders.items()
        if not os.access(path, os.W_OK | os.X_OK)
    ]
    if wrong:
        raise Failure(Exit.DATA, "\n".join(wrong))


def bind(settings: Settings) -> socket.socket:
    """The socket that all workers accept from. The workers listen on it, so that no connection is accepted before one exists."""
    opened = socket.socket(socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((settings.api_host, settings.api_port))
    except OSError as error:
        message = f"API_HOST, API_PORT: cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}"
        raise Failure(Exit.NOT_STARTED, message) from error
    return opened


def main() -> None:
    run(start)
