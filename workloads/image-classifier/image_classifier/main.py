"""`image-classifier`: reads the variables, looks whether it can work here, serves."""

import asyncio
import os
import socket
import sys

from image_classifier import logs
from image_classifier.settings import Settings, read
from image_classifier.supervisor import NOT_STARTED, Supervisor

CANNOT_WRITE = 4


def main() -> None:
    """Serves until it is asked to stop."""
    settings = read(Settings)
    folders = {"LOGS_DIR": settings.logs_dir, "CUSTOMER_DATA_DIR": settings.customer_data_dir}
    if wrong := {name: path for name, path in folders.items() if not os.access(path, os.W_OK | os.X_OK)}:
        for name, path in wrong.items():
            print(f"{name}: must be a folder that user {os.getuid()} may write to, got {path}", file=sys.stderr)
        sys.exit(CANNOT_WRITE)
    logs.configure(settings)
    try:
        opened = bound(settings)
    except OSError as error:
        print(f"API_HOST, API_PORT: cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_STARTED)
    sys.exit(asyncio.run(serve(settings, opened)))


async def serve(settings: Settings, opened: socket.socket) -> int:
    return await Supervisor(settings, opened).run()


def bound(settings: Settings) -> socket.socket:
    """The socket that all workers accept from; it is they who listen, so that nobody is let in before one is there.

    Raises:
        OSError: the address is not to be had.
    """
    opened = socket.socket(socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((settings.api_host, settings.api_port))
    return opened
