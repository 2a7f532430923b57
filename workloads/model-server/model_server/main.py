"""`model-server`: reads the variables and serves."""

import logging
import os
import socket
import sys

from pydantic import ValidationError

from model_server.board import Board
from model_server.failure import NOT_STARTED, WRONG_SETTINGS
from model_server.settings import Settings
from model_server.workers import serve_all

log = logging.getLogger("model-server")


def main() -> None:
    """Serves one version until it is asked to stop; then leaves and finishes the running requests."""
    settings = read()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else the model library tells its maker that and where it runs
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if settings.log_level == "INFO":
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request to the registry
    try:
        family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
        door = socket.create_server((settings.api_host, settings.api_port), family=family, backlog=2048)
    except OSError as error:
        print(f"API_HOST, API_PORT: cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_STARTED)
    board = Board(settings.workers)
    if settings.workers > 1:
        code = serve_all(settings, door, board)
    else:
        from model_server.worker import serve  # here: the metrics and the model library are made for one process

        code = serve(settings, door, board)
    if board.problem:
        log.error("%s", board.problem)
    sys.exit(code)


def read() -> Settings:
    """The variables; wrong ones end the program with all mistakes, one line each."""
    try:
        return Settings()
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False):
            name = f"{str(mistake['loc'][0]).upper()}: " if mistake["loc"] else ""
            print(f"{name}{mistake['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
